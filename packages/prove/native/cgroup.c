/* SPDX-License-Identifier: Apache-2.0
 * A control group that is named like a container's, below one of the drills' own. */
#define _GNU_SOURCE
#include "drill.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Where drills' groups live: the unified hierarchy, else systemd's or the pids controller's of version 1. */
static int drills_group(char *path, size_t size) {
  FILE *mounts = setmntent("/proc/self/mounts", "r");
  if (!mounts) return -1;
  char best[PATH_MAX] = "";
  int unified = 0;
  for (struct mntent *entry; !unified && (entry = getmntent(mounts));) {
    unified = strcmp(entry->mnt_type, "cgroup2") == 0;
    int named = strcmp(entry->mnt_type, "cgroup") == 0 &&
                (hasmntopt(entry, "name=systemd") || hasmntopt(entry, "pids"));
    if (unified || named) snprintf(best, sizeof best, "%s", entry->mnt_dir);
  }
  endmntent(mounts);
  if (!*best) return -1;
  return snprintf(path, size, "%s/redoubt-drill", best) < (int)size ? 0 : -1;
}

/* Makes the group and moves this process into it. Writes the group's path; -1 and errno on failure. */
int make_cgroup(const char *name, char *path, size_t size) {
  char parent[PATH_MAX];
  if (drills_group(parent, sizeof parent) != 0) {
    errno = ENOTSUP;
    return -1;
  }
  if (snprintf(path, size, "%s/%s", parent, name) >= (int)size) {
    errno = ENAMETOOLONG;
    return -1;
  }
  /* Another guard that ends may remove the parent in between. */
  for (int attempt = 0; attempt < 100; attempt++) {
    if (mkdir(parent, 0755) != 0 && errno != EEXIST) return -1;
    if (mkdir(path, 0755) == 0) return 0;
    if (errno != ENOENT) return -1;
  }
  return -1;
}

/* Ends whatever is in a group. */
static void end_group(const char *path) {
  char file[PATH_MAX];
  snprintf(file, sizeof file, "%s/cgroup.procs", path);
  FILE *processes = fopen(file, "re");
  if (!processes) return;
  for (int pid; fscanf(processes, "%d", &pid) == 1;)
    if (pid > 1 && pid != getpid()) kill(pid, SIGKILL);
  fclose(processes);
}

/*
 * Removes a group. A process that was killed counts as its member until the kernel is done with it, which takes a
 * while on a busy host; what is still there after a minute goes at the next guard's start.
 */
void remove_cgroup(const char *path) {
  struct timespec pause = {.tv_nsec = 5 * 1000000L};
  for (int attempt = 0; attempt < 12000; attempt++) {
    if (rmdir(path) == 0 || errno != EBUSY) return;
    end_group(path);
    nanosleep(&pause, NULL);
  }
}

/* Removes every drill group that holds no process; the kernel refuses for those that do. */
void sweep_cgroups(void) {
  char parent[PATH_MAX];
  if (drills_group(parent, sizeof parent) != 0) return;
  DIR *entries = opendir(parent);
  if (!entries) return;
  for (struct dirent *entry; (entry = readdir(entries));)
    if (entry->d_name[0] != '.') unlinkat(dirfd(entries), entry->d_name, AT_REMOVEDIR);
  closedir(entries);
  rmdir(parent);
}
