/* SPDX-License-Identifier: Apache-2.0
 * The guard runs one step and cleans up after it.
 *
 *   guard DIRECTORY GROUP STEP ARGUMENT…
 *
 * It makes DIRECTORY (and the control group GROUP unless that is "-"), runs the step in a child, tells on
 * standard output when the step began and how it ended, and keeps what the step left until its standard
 * input is closed: by the caller when it has seen what it waited for, or by the kernel when the caller
 * dies. Then it kills what still runs and removes the directory and the group.
 * If the guard itself is killed, the step dies with it; the directory goes at the next guard's start.
 */
#define _GNU_SOURCE
#include "drill.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Moves this process into a control group. */
static int enter_group(const char *path) {
  char file[PATH_MAX];
  snprintf(file, sizeof file, "%s/cgroup.procs", path);
  int procs = open(file, O_WRONLY | O_CLOEXEC);
  if (procs < 0) return -1;
  ssize_t written = write(procs, "0", 1);
  close(procs);
  return written == 1 ? 0 : -1;
}

/* In the child: becomes the step. Executes this program anew so that its command line names the step. */
static void become_step(const char *group, char **step) {
  setpgid(0, 0);
  if (*group && enter_group(group) != 0) _exit(failed(group));
  char *command[16] = {"redoubt-drill"};
  for (int i = 0; i < 14 && step[i]; i++) command[i + 1] = step[i];
  /* Through the name and not /proc/self/exe, so that the process bears the program's name. */
  char program[PATH_MAX];
  ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
  if (length < 0) _exit(failed("/proc/self/exe"));
  program[length] = '\0';
  execv(program, command);
  _exit(failed(program));
}

/* Waits for the caller to close standard input; tells how the step ended as soon as it does. */
static void attend(int ended) {
  struct pollfd watched[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = ended, .events = POLLIN}};
  for (;;) {
    if (poll(watched, 2, -1) < 0) {
      if (errno == EINTR) continue;
      return;
    }
    if (watched[1].revents) {
      int status = 0;
      pid_t child = waitpid(-1, &status, 0);
      if (child > 0) printf("ended %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
      fflush(stdout);
      watched[1].fd = -1;
    }
    char discarded[64];
    if (watched[0].revents && read(STDIN_FILENO, discarded, sizeof discarded) <= 0) return;
  }
}

int guard(int count, char **arguments) {
  if (count < 3) {
    fprintf(stderr, "usage: guard DIRECTORY GROUP STEP ARGUMENT…\n");
    return 2;
  }
  /* The caller's terminal stops the caller; the guard then sees its input close and cleans up. */
  signal(SIGINT, SIG_IGN);
  signal(SIGTERM, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  sweep_leftovers();
  sweep_cgroups();

  const char *directory = arguments[0];
  umask(077);
  if (mkdir(directory, 0700) != 0) return failed(directory);
  int held = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (held < 0 || flock(held, LOCK_EX | LOCK_NB) != 0) return failed(directory);
  char group[PATH_MAX] = "";
  if (strcmp(arguments[1], "-") != 0 && make_cgroup(arguments[1], group, sizeof group) != 0) {
    not_here("this host has no control groups that a drill could use");
    remove_tree(AT_FDCWD, directory);
    return NOT_HERE;
  }

  /* The write end lives only in the child: the read end reports when the last copy is closed. */
  int ended[2];
  if (pipe2(ended, O_CLOEXEC) != 0) return failed("pipe");
  printf("started %lld\n", now_ms());
  fflush(stdout);
  pid_t child = fork_bound();
  if (child == 0) {
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    /* Kept across the exec on purpose: it closes when the step ends. */
    fcntl(ended[1], F_SETFD, 0);
    close(STDIN_FILENO);
    open("/dev/null", O_RDONLY);
    become_step(group, arguments + 2);
  }
  close(ended[1]);
  if (child > 0) attend(ended[0]);

  if (child > 0) kill(-child, SIGKILL);
  while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) continue;
  remove_tree(AT_FDCWD, directory);
  if (*group) remove_cgroup(group);
  sweep_cgroups();
  return child > 0 ? 0 : FAILED;
}
