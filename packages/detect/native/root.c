/* The root file system of a sample: in memory, thrown away with its mount namespace. */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BASE "/tmp"

/* What of the host a sample sees; it can write none of it. */
static const char *const shown[] = {"/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/libx32", NULL};
static const char *const shown_files[] = {"/etc/ld.so.cache", "/etc/nsswitch.conf", "/etc/passwd", "/etc/group",
                                          "/dev/null", "/dev/zero", "/dev/full", "/dev/urandom", "/dev/random", NULL};

static void make_folder(const char *path, mode_t mode) {
  if (mkdir(path, mode) != 0 && errno != EEXIST) give_up("%s: %m", path);
  if (chmod(path, mode) != 0) give_up("%s: %m", path);
}

static void show(const char *from, const char *to, unsigned long flags) {
  if (mount(from, to, NULL, MS_BIND, NULL) != 0) give_up("mounting %s: %m", from);
  if (mount(NULL, to, NULL, MS_REMOUNT | MS_BIND | MS_NOSUID | flags, NULL) != 0) give_up("protecting %s: %m", from);
}

static void show_folders(void) {
  for (unsigned index = 0; shown[index] != NULL; index++) {
    struct stat status;
    char target[64];
    const char *path = shown[index];
    snprintf(target, sizeof target, BASE "%s", path);
    if (lstat(path, &status) != 0) continue;
    if (S_ISLNK(status.st_mode)) {
      char link[256];
      ssize_t length = readlink(path, link, sizeof link - 1);
      if (length < 0) give_up("%s: %m", path);
      link[length] = 0;
      if (symlink(link, target) != 0) give_up("%s: %m", target);
      continue;
    }
    make_folder(target, 0755);
    show(path, target, MS_RDONLY | MS_NODEV);
  }
}

static void show_files(void) {
  for (unsigned index = 0; shown_files[index] != NULL; index++) {
    char target[64];
    const char *path = shown_files[index];
    if (access(path, F_OK) != 0) continue;
    snprintf(target, sizeof target, BASE "%s", path);
    int file = open(target, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    if (file < 0) give_up("%s: %m", target);
    close(file);
    show(path, target, strncmp(path, "/dev/", 5) == 0 ? MS_NOEXEC : MS_RDONLY | MS_NODEV);
  }
}

static void copy_sample(const char *sample, const char *name) {
  char target[512], buffer[65536];
  snprintf(target, sizeof target, BASE "/sample/%s", name);
  int from = open(sample, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (from < 0) give_up("%s: %m", sample);
  struct stat status;
  if (fstat(from, &status) != 0 || !S_ISREG(status.st_mode)) give_up("%s: not a regular file", sample);
  int to = open(target, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0755);
  if (to < 0) give_up("%s: %m", target);
  for (;;) {
    ssize_t count = read(from, buffer, sizeof buffer);
    if (count < 0) give_up("%s: %m", sample);
    if (count == 0) break;
    for (ssize_t done = 0; done < count;) {
      ssize_t wrote = write(to, buffer + done, count - done);
      if (wrote < 0) give_up("%s: %m", target);
      done += wrote;
    }
  }
  if (fchmod(to, 0755) != 0 || fchown(to, SAMPLE_ID, SAMPLE_ID) != 0) give_up("%s: %m", target);
  close(from);
  close(to);
}

void enter_root(const char *sample, const char *name, unsigned long megabytes) {
  char size[64];
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) give_up("private mounts: %m");
  /* The sample may itself lie below /tmp, which the new root hides: it is held open by its folder. */
  int folder = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) give_up("working folder: %m");
  snprintf(size, sizeof size, "size=%lum,mode=0755,nr_inodes=16384", megabytes);
  if (mount("redoubt-sandbox", BASE, "tmpfs", MS_NOSUID | MS_NODEV, size) != 0) give_up("tmpfs: %m");
  make_folder(BASE "/etc", 0755);
  make_folder(BASE "/dev", 0755);
  make_folder(BASE "/proc", 0555);
  make_folder(BASE "/tmp", 01777);
  make_folder(BASE "/var", 0755);
  make_folder(BASE "/var/tmp", 01777);
  make_folder(BASE "/home", 0755);
  make_folder(BASE "/sample", 0777);
  make_folder(BASE "/old", 0700);
  show_folders();
  show_files();
  if (fchdir(folder) != 0) give_up("working folder: %m");
  copy_sample(sample, name);
  close(folder);
  if (syscall(SYS_pivot_root, BASE, BASE "/old") != 0) give_up("pivot_root: %m");
  if (chdir("/") != 0) give_up("/: %m");
  if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0) give_up("/proc: %m");
  if (umount2("/old", MNT_DETACH) != 0) give_up("leaving the old root: %m");
  rmdir("/old");
}
