/* SPDX-License-Identifier: Apache-2.0
 * What the steps share: saying how they ended, child processes that cannot outlive them, and copies. */
#define _GNU_SOURCE
#include "drill.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum outcome failed(const char *doing) {
  fprintf(stderr, "%s: %s\n", doing, strerror(errno));
  return FAILED;
}

enum outcome not_here(const char *why) {
  fprintf(stderr, "%s\n", why);
  return NOT_HERE;
}

void linger(void) {
  struct timespec pause = {.tv_nsec = LINGER_MS * 1000000L};
  nanosleep(&pause, NULL);
}

/* fork(), but the child dies with its parent: nothing is left when a guard is killed. */
pid_t fork_bound(void) {
  pid_t parent = getpid();
  pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* In a new pid namespace the parent is not visible and getppid() is 0. */
    if (getppid() != parent && getppid() != 0) _exit(FAILED);
  }
  return child;
}

enum outcome wait_for(pid_t child) {
  int status;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return failed("waitpid");
  if (!WIFEXITED(status)) return FAILED;
  return (enum outcome)WEXITSTATUS(status);
}

enum outcome copy_program(const char *from, const char *to) {
  int source = open(from, O_RDONLY | O_CLOEXEC);
  if (source < 0) return failed(from);
  int target = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
  if (target < 0) {
    close(source);
    return failed(to);
  }
  ssize_t sent;
  while ((sent = sendfile(target, source, NULL, 1 << 20)) > 0) continue;
  close(source);
  if (close(target) != 0 || sent < 0) return failed(to);
  return MADE;
}

/* Runs a program and waits. A mount that forbids execution is told apart: the host blocks the step. */
enum outcome run_program(const char *path, char *const arguments[], char *const environment[]) {
  pid_t child = fork_bound();
  if (child < 0) return failed("fork");
  if (child == 0) {
    execve(path, arguments, environment);
    if (errno == EACCES || errno == EPERM) _exit(not_here("this host refuses to execute files there"));
    _exit(failed(path));
  }
  return wait_for(child);
}
