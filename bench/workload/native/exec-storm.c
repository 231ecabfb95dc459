/*
 * exec-storm PROGRAM COUNT: executes PROGRAM COUNT times, one after the other, each in a process of its own.
 * Prints the seconds that it took. posix_spawn is clone(CLONE_VM | CLONE_VFORK) followed by execve.
 */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: %s PROGRAM COUNT\n", argv[0]);
    return 2;
  }
  char *const arguments[] = {argv[1], NULL};
  char *const environment[] = {NULL};
  long count = strtol(argv[2], NULL, 10);
  double begun = now();
  for (long i = 0; i < count; i++) {
    pid_t child;
    int status;
    int error = posix_spawn(&child, argv[1], NULL, NULL, arguments, environment);
    if (error != 0) {
      fprintf(stderr, "%s: %s\n", argv[1], strerror(error));
      return 1;
    }
    if (waitpid(child, &status, 0) != child || status != 0) {
      fprintf(stderr, "%s ended with wait status %d\n", argv[1], status);
      return 1;
    }
  }
  printf("%.6f\n", now() - begun);
  return 0;
}
