/* SPDX-License-Identifier: Apache-2.0
 * Removing what a drill left: its own directory now, and those of guards that were killed before. */
#define _GNU_SOURCE
#include "drill.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Removes a directory and all below it. Symbolic links are removed, never followed. */
void remove_tree(int parent, const char *name) {
  int directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (directory < 0) {
    unlinkat(parent, name, 0);
    return;
  }
  DIR *entries = fdopendir(directory);
  if (!entries) {
    close(directory);
    return;
  }
  for (struct dirent *entry; (entry = readdir(entries));) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (unlinkat(directory, entry->d_name, 0) != 0) remove_tree(directory, entry->d_name);
  }
  closedir(entries);
  unlinkat(parent, name, AT_REMOVEDIR);
}

/* A drill directory that is ours and that no living guard holds locked. */
static int is_leftover(int parent, const char *name) {
  if (strncmp(name, DRILL_PREFIX, strlen(DRILL_PREFIX)) != 0) return 0;
  int directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (directory < 0) return 0;
  struct stat status;
  int leftover = fstat(directory, &status) == 0 && status.st_uid == geteuid() &&
                 flock(directory, LOCK_EX | LOCK_NB) == 0;
  close(directory);
  return leftover;
}

void sweep_leftovers(void) {
  static const char *const places[] = {"/tmp", "/dev/shm"};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    DIR *entries = opendir(places[i]);
    if (!entries) continue;
    for (struct dirent *entry; (entry = readdir(entries));)
      if (is_leftover(dirfd(entries), entry->d_name)) remove_tree(dirfd(entries), entry->d_name);
    closedir(entries);
  }
}
