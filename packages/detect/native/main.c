/* redoubt-sandbox SECONDS MEGABYTES NAME GROUPS PROGRAM [ARGUMENT...]
   Runs a copy of the file NAME (in the working folder) apart from the system: new mount, pid, network, IPC, UTS and
   cgroup namespaces, then a user namespace of its own as nobody, no privileges to be had, a filter of system calls,
   limits, and a time. `{}` in PROGRAM or ARGUMENT stands for the copy. GROUPS are files cgroup.procs, separated by
   commas, or `-`. The outcome goes to descriptor 3 as one line: `ended STATUS`, `killed SIGNAL` or `late`. When
   whoever started it dies, the sandbox dies with it. */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void put_file(const char *path, const char *text) {
  int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0 || write(file, text, strlen(text)) < 0) give_up("%s: %m", path);
  close(file);
}

static void join_groups(char *groups) {
  if (strcmp(groups, "-") == 0) return;
  for (char *group = strtok(groups, ","); group != NULL; group = strtok(NULL, ",")) put_file(group, "0");
}

static void limit(int what, rlim_t most) {
  struct rlimit both = {most, most};
  if (setrlimit(what, &both) != 0) give_up("limit %d: %m", what);
}

/* Gives up every privilege, then goes into a user namespace of its own, in which nobody is nobody still. */
static void drop(void) {
  for (int capability = 0; capability <= 63; capability++) prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  if (setgroups(0, NULL) != 0 || setresgid(SAMPLE_ID, SAMPLE_ID, SAMPLE_ID) != 0 ||
      setresuid(SAMPLE_ID, SAMPLE_ID, SAMPLE_ID) != 0)
    give_up("becoming nobody: %m");
  prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  if (unshare(CLONE_NEWUSER) == 0) {
    put_file("/proc/self/setgroups", "deny");
    put_file("/proc/self/uid_map", "65534 65534 1");
    put_file("/proc/self/gid_map", "65534 65534 1");
    for (int capability = 0; capability <= 63; capability++) prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
}

static void run(char **command, const char *copy, unsigned seconds, unsigned long megabytes) {
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, seconds + 1);
  limit(RLIMIT_FSIZE, (rlim_t)megabytes << 20);
  limit(RLIMIT_NOFILE, 256);
  limit(RLIMIT_NPROC, 128);
  drop();
  for (char **word = command; *word != NULL; word++)
    if (strcmp(*word, "{}") == 0) *word = (char *)copy;
  char *environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/tmp", "LANG=C.UTF-8", "TMPDIR=/tmp", NULL};
  if (chdir("/sample") != 0) give_up("/sample: %m");
  install_filter();
  execve(command[0], command, environment);
  give_up("%s: %m", command[0]);
}

/* The first process of the namespace: starts the sample and gathers what it leaves behind. */
static int keep(char **command, const char *copy, unsigned seconds, unsigned long megabytes) {
  pid_t sample = fork();
  if (sample < 0) give_up("fork: %m");
  if (sample == 0) {
    close(3);
    setsid();
    run(command, copy, seconds, megabytes);
  }
  for (;;) {
    int status;
    pid_t ended = wait(&status);
    if (ended < 0 && errno == EINTR) continue;
    if (ended < 0) give_up("wait: %m");
    if (ended != sample) continue;
    if (WIFSIGNALED(status)) dprintf(3, "killed %d\n", WTERMSIG(status));
    else dprintf(3, "ended %d\n", WEXITSTATUS(status));
    return 0;
  }
}

int main(int count, char **words) {
  if (count < 6) give_up("SECONDS MEGABYTES NAME GROUPS PROGRAM [ARGUMENT...]");
  unsigned seconds = (unsigned)atoi(words[1]);
  unsigned long megabytes = strtoul(words[2], NULL, 10);
  const char *name = words[3];
  if (seconds == 0 || megabytes == 0 || strchr(name, '/') != NULL || strlen(name) > 200) give_up("wrong arguments");
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  /* Nothing that whoever started it holds open is for the sample. */
  syscall(SYS_close_range, 4, ~0U, 0);
  join_groups(words[4]);
  if (unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP) != 0)
    give_up("namespaces: %m");
  pid_t first = fork();
  if (first < 0) give_up("fork: %m");
  if (first == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    char copy[256];
    snprintf(copy, sizeof copy, "/sample/%s", name);
    if (sethostname("sample", 6) != 0) give_up("name of the host: %m");
    enter_root(name, name, megabytes);
    return keep(words + 5, copy, seconds, megabytes);
  }
  int handle = (int)syscall(SYS_pidfd_open, first, 0);
  if (handle < 0) give_up("pidfd: %m");
  struct pollfd waiting = {.fd = handle, .events = POLLIN};
  int ready;
  do ready = poll(&waiting, 1, (int)seconds * 1000);
  while (ready < 0 && errno == EINTR);
  if (ready == 0) {
    dprintf(3, "late\n");
    kill(first, SIGKILL);
  }
  int status;
  while (waitpid(first, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}
