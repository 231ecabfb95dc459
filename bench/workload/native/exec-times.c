/*
 * exec-times COUNT PROGRAM...: executes the programs in turn, COUNT times in all, each in a process of its own.
 * Prints for each the microseconds from the call that starts it to its end.
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
  return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: %s COUNT PROGRAM...\n", argv[0]);
    return 2;
  }
  char *const environment[] = {NULL};
  long count = strtol(argv[1], NULL, 10);
  for (long i = 0; i < count; i++) {
    char *program = argv[2 + i % (argc - 2)];
    char *const arguments[] = {program, NULL};
    pid_t child;
    int status;
    double begun = now();
    int error = posix_spawn(&child, program, NULL, NULL, arguments, environment);
    if (error != 0) {
      fprintf(stderr, "%s: %s\n", program, strerror(error));
      return 1;
    }
    if (waitpid(child, &status, 0) != child || status != 0) {
      fprintf(stderr, "%s ended with wait status %d\n", program, status);
      return 1;
    }
    printf("%.2f\n", now() - begun);
  }
  return 0;
}
