/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a process is the agent's own: those never wait. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "gate_thread.h"

/* Ancestors that are looked at to find out whether a process is ours. */
#define ANCESTORS 8

static pid_t parent_of(pid_t pid)
{
	char path[32], text[512];
	int parent = 0;
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length <= 0)
		return 0;
	text[length] = 0;
	/* The name may hold anything; after its last bracket come the state and the parent. */
	char *end = strrchr(text, ')');
	return end && sscanf(end, ") %*c %d", &parent) == 1 ? parent : 0;
}

bool gate_is_own(pid_t pid)
{
	const pid_t self = getpid();
	for (int i = 0; i < ANCESTORS && pid > 1; i++) {
		if (pid == self)
			return true;
		pid = parent_of(pid);
	}
	return false;
}
