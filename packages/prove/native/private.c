/* SPDX-License-Identifier: Apache-2.0
 * Steps on paths such as /etc/ld.so.preload that never touch the host's own files: this process leaves for
 * a mount namespace of its own and puts an empty file system in memory over the directory. When the
 * process ends, however it ends, the kernel removes both. */
#define _GNU_SOURCE
#include "drill.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* Makes every missing directory above `path`. */
enum outcome make_parents(const char *path) {
  char part[PATH_MAX];
  if (strlen(path) >= sizeof part) return not_here("path too long");
  strcpy(part, path);
  for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    if (mkdir(part, 0755) != 0 && errno != EEXIST) return failed(part);
    *slash = '/';
  }
  return MADE;
}

/* Covers `path`, or the nearest directory above it that exists, with an empty tmpfs of this process's own. */
enum outcome hide_directory(const char *path) {
  char covered[PATH_MAX];
  if (strlen(path) >= sizeof covered) return not_here("path too long");
  strcpy(covered, path);
  struct stat status;
  while (stat(covered, &status) != 0 || !S_ISDIR(status.st_mode)) {
    char *slash = strrchr(covered, '/');
    if (!slash || slash == covered) return not_here("no directory on this host leads to the path");
    *slash = '\0';
  }
  if (unshare(CLONE_NEWNS) != 0) return failed("unshare");
  if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return failed("make mounts private");
  if (mount("redoubt-drill", covered, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m") != 0)
    return failed(covered);
  return MADE;
}

static enum outcome write_text(const char *path, const char *text) {
  int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return failed(path);
  ssize_t length = (ssize_t)strlen(text);
  if (write(file, text, (size_t)length) != length) return failed(path);
  return close(file) == 0 ? MADE : failed(path);
}

/* Hides DIRECTORY, then writes a comment that carries TAG to FILE below it. */
static enum outcome write_comment(const char *directory, const char *file, const char *tag) {
  enum outcome outcome = hide_directory(directory);
  if (outcome == MADE) outcome = make_parents(file);
  if (outcome != MADE) return outcome;
  char text[256];
  snprintf(text, sizeof text, "# harmless drill %s\n", tag);
  return write_text(file, text);
}

/* DIRECTORY FILE TAG: writes a comment to FILE in a private DIRECTORY. */
enum outcome step_write_hidden(int count, char **arguments) {
  (void)count;
  enum outcome outcome = write_comment(arguments[0], arguments[1], arguments[2]);
  if (outcome == MADE) linger();
  return outcome;
}

/* DIRECTORY FILE TAG: empties a log FILE in a private DIRECTORY. */
enum outcome step_truncate_hidden(int count, char **arguments) {
  (void)count;
  enum outcome outcome = write_comment(arguments[0], arguments[1], arguments[2]);
  if (outcome != MADE) return outcome;
  if (truncate(arguments[1], 0) != 0) return failed("truncate");
  linger();
  return MADE;
}

/* DIRECTORY FILE TAG: deletes a log FILE in a private DIRECTORY. */
enum outcome step_unlink_hidden(int count, char **arguments) {
  (void)count;
  enum outcome outcome = write_comment(arguments[0], arguments[1], arguments[2]);
  if (outcome != MADE) return outcome;
  if (unlink(arguments[1]) != 0) return failed("unlink");
  linger();
  return MADE;
}
