/* SPDX-License-Identifier: Apache-2.0
 * Steps about memory: of this process, and of a child of its own. */
#define _GNU_SOURCE
#include "drill.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* TAG: maps one page that is writable and executable at once. Nothing is written to it. */
enum outcome step_wx_map(int count, char **arguments) {
  (void)count;
  (void)arguments;
  size_t size = (size_t)sysconf(_SC_PAGESIZE);
  void *page = mmap(NULL, size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return not_here("this host refuses memory that is writable and executable");
  linger();
  munmap(page, size);
  return MADE;
}

static pid_t waiting_child(void) {
  pid_t child = fork_bound();
  if (child == 0)
    for (;;) pause();
  return child;
}

static void end_child(pid_t child) {
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
}

/* TAG: attaches to a child of its own and lets it go. */
enum outcome step_ptrace_child(int count, char **arguments) {
  (void)count;
  (void)arguments;
  pid_t child = waiting_child();
  if (child < 0) return failed("fork");
  enum outcome outcome = MADE;
  if (ptrace(PTRACE_ATTACH, child, NULL, NULL) != 0) {
    outcome = failed("ptrace");
  } else {
    waitpid(child, NULL, __WALL);
    linger();
    ptrace(PTRACE_DETACH, child, NULL, NULL);
  }
  end_child(child);
  return outcome;
}

/* TAG: writes one byte into a variable of a child of its own. */
enum outcome step_write_child(int count, char **arguments) {
  (void)count;
  (void)arguments;
  static char variable;
  pid_t child = waiting_child();
  if (child < 0) return failed("fork");
  char byte = 1;
  struct iovec from = {.iov_base = &byte, .iov_len = 1};
  struct iovec to = {.iov_base = &variable, .iov_len = 1};
  enum outcome outcome = MADE;
  if (process_vm_writev(child, &from, 1, &to, 1, 0) != 1) outcome = failed("process_vm_writev");
  else linger();
  end_child(child);
  return outcome;
}
