/* SPDX-License-Identifier: Apache-2.0 */
/* Counting, naming and telling: what every part of the gate's thread needs. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "gate_thread.h"

int64_t gate_now(clockid_t clock)
{
	struct timespec time;
	clock_gettime(clock, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

void gate_count(struct gate *gate, enum gate_counter counter)
{
	atomic_fetch_add(&gate->counters[counter], 1);
}

void gate_path(int fd, char *path, size_t size)
{
	char link[32];
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, path, size - 1);
	path[length > 0 ? length : 0] = 0;
}

struct gate_message *gate_message_of(enum gate_message_type type, int fd, pid_t pid)
{
	struct gate_message *message = malloc(sizeof(*message));
	if (!message)
		return NULL;
	*message = (struct gate_message){ .type = type, .fd = -1, .pid = pid };
	if (fd >= 0)
		gate_path(fd, message->path, sizeof(message->path));
	return message;
}

void gate_report(struct gate *gate, enum gate_message_type type, int fd, pid_t pid)
{
	struct gate_message *message = gate_message_of(type, fd, pid);
	if (!message || !gate_tell(gate, message))
		gate_count(gate, GATE_DROPPED);
}
