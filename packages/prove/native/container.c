/* SPDX-License-Identifier: Apache-2.0
 * Steps about containers and namespaces. */
#define _GNU_SOURCE
#include "drill.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

/* TAG: leaves the host's mount namespace and enters it again. Nothing is done there. */
enum outcome step_join_host(int count, char **arguments) {
  (void)count;
  (void)arguments;
  int host = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
  if (host < 0) return failed("/proc/self/ns/mnt");
  if (unshare(CLONE_NEWNS) != 0) return failed("unshare");
  if (setns(host, CLONE_NEWNS) != 0) return failed("setns");
  linger();
  return MADE;
}

/*
 * DIRECTORY FILE TAG: the guard has put this process into a control group named like a container's. In
 * namespaces of its own, with a private DIRECTORY, it mounts DIRECTORY a second time as an escape would
 * mount the host, and writes FILE.
 */
enum outcome step_container_write(int count, char **arguments) {
  (void)count;
  if (unshare(CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC) != 0) return failed("unshare");
  pid_t child = fork_bound();
  if (child < 0) return failed("fork");
  if (child > 0) return wait_for(child);
  enum outcome outcome = step_write_hidden(count, arguments);
  if (outcome == MADE && mount(arguments[0], arguments[0], NULL, MS_BIND, NULL) != 0)
    outcome = failed("bind mount");
  if (outcome == MADE) linger();
  _exit(outcome);
}
