/* SPDX-License-Identifier: Apache-2.0
 * Steps on files of the drill's own directory, and one that opens a file without reading it. */
#define _GNU_SOURCE
#include "drill.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* FILE TAG: opens FILE for reading. Not one byte of it is read. */
enum outcome step_read_file(int count, char **arguments) {
  (void)count;
  int file = open(arguments[0], O_RDONLY | O_CLOEXEC);
  if (file < 0) return errno == ENOENT ? not_here("this host does not have the file") : failed(arguments[0]);
  linger();
  close(file);
  return MADE;
}

/* PATH: copies /bin/true to PATH and sets its set-user-id bit. */
enum outcome step_setuid_file(int count, char **arguments) {
  (void)count;
  enum outcome outcome = copy_program("/bin/true", arguments[0]);
  if (outcome != MADE) return outcome;
  if (chmod(arguments[0], 04700) != 0) return failed("chmod");
  linger();
  return MADE;
}

/* DIRECTORY COUNT: makes COUNT empty files, then renames each at once, as software that encrypts would. */
enum outcome step_rename_many(int count, char **arguments) {
  (void)count;
  int files = atoi(arguments[1]);
  char from[PATH_MAX], to[PATH_MAX + 8];
  for (int i = 0; i < files; i++) {
    snprintf(from, sizeof from, "%s/document-%03d.txt", arguments[0], i);
    int file = open(from, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return failed(from);
    close(file);
  }
  for (int i = 0; i < files; i++) {
    snprintf(from, sizeof from, "%s/document-%03d.txt", arguments[0], i);
    snprintf(to, sizeof to, "%s.locked", from);
    if (rename(from, to) != 0) return failed(to);
  }
  linger();
  return MADE;
}

/* PATH: asks the kernel to load PATH, a text file, as a module. The kernel refuses. */
enum outcome step_bad_module(int count, char **arguments) {
  (void)count;
  int file = open(arguments[0], O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return failed(arguments[0]);
  static const char text[] = "a harmless drill: this is not a kernel module\n";
  if (write(file, text, sizeof text - 1) < 0) return failed(arguments[0]);
  close(file);
  /* The kernel refuses a file that is still open for writing before it looks at it. */
  file = open(arguments[0], O_RDONLY | O_CLOEXEC);
  if (file < 0) return failed(arguments[0]);
  if (syscall(SYS_finit_module, file, "", 0) == 0) return FAILED;
  if (errno == ENOSYS) return not_here("this kernel cannot load modules");
  linger();
  return MADE;
}
