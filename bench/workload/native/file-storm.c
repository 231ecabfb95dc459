/*
 * file-storm DIRECTORY CYCLES: in DIRECTORY, CYCLES times: create a file for writing, rename it, unlink it.
 * Prints the seconds that it took. Three operations a cycle; nothing is left.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: %s DIRECTORY CYCLES\n", argv[0]);
    return 2;
  }
  if (chdir(argv[1]) != 0) return fail(argv[1]);
  long cycles = strtol(argv[2], NULL, 10);
  char before[64], after[64];
  double begun = now();
  for (long i = 0; i < cycles; i++) {
    /* A handful of names, so that the directory stays small and its growth is not what is measured. */
    snprintf(before, sizeof before, "before-%ld", i % 16);
    snprintf(after, sizeof after, "after-%ld", i % 16);
    int file = open(before, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (file < 0) return fail("open");
    if (close(file) != 0) return fail("close");
    if (rename(before, after) != 0) return fail("rename");
    if (unlink(after) != 0) return fail("unlink");
  }
  printf("%.6f\n", now() - begun);
  return 0;
}
