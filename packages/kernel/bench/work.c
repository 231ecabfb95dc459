/* SPDX-License-Identifier: Apache-2.0 */
/* Does one kind of work COUNT times: `work KIND COUNT FOLDER`. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int main(int count, char **arguments)
{
	if (count < 4)
		return 2;
	const char *kind = arguments[1];
	long times = atol(arguments[2]);
	char *program[] = { "/bin/true", "one", "two", NULL };
	char path[512], other[512];
	if (chdir(arguments[3]))
		return 2;
	for (long i = 0; i < times; i++) {
		snprintf(path, sizeof(path), "%s/file%ld", arguments[3], i);
		snprintf(other, sizeof(other), "%s/other%ld", arguments[3], i);
		if (strcmp(kind, "nothing") == 0)
			syscall(SYS_getppid);
		else if (strcmp(kind, "read") == 0)
			close(open("/dev/null", O_RDONLY));
		else if (strcmp(kind, "create") == 0)
			close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
		else if (strcmp(kind, "rename") == 0)
			rename(path, other);
		else if (strcmp(kind, "unlink") == 0)
			unlink(other);
		else if (strcmp(kind, "exec") == 0) {
			pid_t child;
			if (posix_spawn(&child, program[0], NULL, NULL, program, environ) == 0)
				waitpid(child, NULL, 0);
		} else if (strcmp(kind, "fork") == 0) {
			pid_t child = fork();
			if (child == 0)
				_exit(0);
			waitpid(child, NULL, 0);
		} else
			return 2;
	}
	return 0;
}
