/* SPDX-License-Identifier: Apache-2.0 */
/* Makes processes in every way there is: births fork|vfork|clone3|threads|exec|threadexec COUNT */
#define _GNU_SOURCE
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void *idle(void *unused)
{
	return unused;
}

static void *exec_true(void *unused)
{
	execl("/bin/true", "true", (char *)NULL);
	return unused;
}

static void threads_then(void *(*last)(void *))
{
	pthread_t threads[4];
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, i == 3 ? last : idle, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}

int main(int count, char **arguments)
{
	const char *how = count > 1 ? arguments[1] : "";
	int times = count > 2 ? atoi(arguments[2]) : 1;
	for (int i = 0; i < times; i++) {
		struct clone_args clone = { .exit_signal = SIGCHLD };
		pid_t child = strcmp(how, "vfork") == 0    ? vfork()
			      : strcmp(how, "clone3") == 0 ? (pid_t)syscall(SYS_clone3, &clone, sizeof(clone))
							   : fork();
		if (child == 0) {
			if (strcmp(how, "exec") == 0 || strcmp(how, "vfork") == 0)
				execl("/bin/true", "true", (char *)NULL);
			if (strcmp(how, "threads") == 0)
				threads_then(idle);
			if (strcmp(how, "threadexec") == 0)
				threads_then(exec_true);
			_exit(7);
		}
		if (child < 0 || waitpid(child, NULL, 0) != child)
			return 1;
	}
	return 0;
}
