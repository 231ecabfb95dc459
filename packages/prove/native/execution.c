/* SPDX-License-Identifier: Apache-2.0
 * Steps about where a program is executed from, and by whom. */
#define _GNU_SOURCE
#include "drill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

static const char harmless[] = "/bin/true";
static const char self[] = "/proc/self/exe";

/* Executes what `file` refers to by its descriptor, then waits a moment and for its end. */
static enum outcome run_descriptor(int file, char *const arguments[]) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  enum outcome outcome = run_program(path, arguments, environ);
  if (outcome == MADE) linger();
  return outcome;
}

/* TAG: executes a copy of /bin/true that exists only in memory. */
enum outcome step_memfd_exec(int count, char **arguments) {
  (void)count;
  int memory = memfd_create(arguments[0], 0);
  if (memory < 0) return failed("memfd_create");
  int program = open(harmless, O_RDONLY | O_CLOEXEC);
  if (program < 0) return failed(harmless);
  ssize_t sent;
  while ((sent = sendfile(memory, program, NULL, 1 << 20)) > 0) continue;
  if (sent < 0) return failed("sendfile");
  close(program);
  char *const command[] = {"true", arguments[0], NULL};
  return run_descriptor(memory, command);
}

/* PATH: copies /bin/true to PATH and executes it there. */
enum outcome step_copy_exec(int count, char **arguments) {
  (void)count;
  enum outcome outcome = copy_program(harmless, arguments[0]);
  if (outcome != MADE) return outcome;
  char *const command[] = {arguments[0], NULL};
  outcome = run_program(arguments[0], command, environ);
  if (outcome == MADE) linger();
  return outcome;
}

/* PATH: copies /bin/true to PATH, deletes it, and executes the deleted file. */
enum outcome step_deleted_exec(int count, char **arguments) {
  (void)count;
  enum outcome outcome = copy_program(harmless, arguments[0]);
  if (outcome != MADE) return outcome;
  int program = open(arguments[0], O_RDONLY);
  if (program < 0) return failed(arguments[0]);
  if (unlink(arguments[0]) != 0) return failed("unlink");
  char *const command[] = {arguments[0], NULL};
  return run_descriptor(program, command);
}

/* OBJECT PATH: copies a shared object without content to PATH and runs /bin/true with it preloaded. */
enum outcome step_preload_exec(int count, char **arguments) {
  (void)count;
  enum outcome outcome = copy_program(arguments[0], arguments[1]);
  if (outcome != MADE) return outcome;
  char preload[512];
  if (snprintf(preload, sizeof preload, "LD_PRELOAD=%s", arguments[1]) >= (int)sizeof preload)
    return not_here("the path of the shared object is too long");
  char *const command[] = {"true", arguments[1], NULL};
  char *const environment[] = {preload, NULL};
  outcome = run_program(harmless, command, environment);
  if (outcome == MADE) linger();
  return outcome;
}

/* PATH TAG: runs a copy of this program named as PATH says; the copy spawns a shell. */
enum outcome step_server_shell(int count, char **arguments) {
  (void)count;
  enum outcome outcome = copy_program(self, arguments[0]);
  if (outcome != MADE) return outcome;
  char *const command[] = {arguments[0], "spawn-shell", arguments[1], NULL};
  return run_program(arguments[0], command, environ);
}

/* TAG: spawns a shell that does nothing. The tag is the shell's $0. */
enum outcome step_spawn_shell(int count, char **arguments) {
  (void)count;
  char *const command[] = {"sh", "-c", ":", arguments[0], NULL};
  enum outcome outcome = run_program("/bin/sh", command, environ);
  if (outcome == MADE) linger();
  return outcome;
}

/* WORD TAG: runs /bin/true with a telling word on its command line. */
enum outcome step_true_with(int count, char **arguments) {
  (void)count;
  char *const command[] = {"true", "--url", arguments[0], arguments[1], NULL};
  enum outcome outcome = run_program(harmless, command, environ);
  if (outcome == MADE) linger();
  return outcome;
}
