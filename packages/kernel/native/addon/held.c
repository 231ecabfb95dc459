/* SPDX-License-Identifier: Apache-2.0 */
#include "held.h"
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "record.h"

static long seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void drop(struct held_executable *slot)
{
	if (slot->fd > 0)
		close(slot->fd);
	memset(slot, 0, sizeof(*slot));
}

/* A free slot, made by letting the oldest go when there is none. */
static struct held_executable *slot_for(struct held *held, long now)
{
	struct held_executable *best = &held->slots[0];
	for (int i = 0; i < HELD_MAX; i++) {
		struct held_executable *slot = &held->slots[i];
		if (slot->fd > 0 && now - slot->since > HELD_SECONDS)
			drop(slot);
		if (slot->since < best->since)
			best = slot;
	}
	drop(best);
	return best;
}

static void hold(struct held *held, __u32 pid, __u64 inode)
{
	char path[32];
	struct stat stat;
	snprintf(path, sizeof(path), "/proc/%u/exe", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return; /* it has ended already */
	/* The process may have gone on to another program. */
	if (fstat(fd, &stat) || stat.st_ino != inode) {
		close(fd);
		return;
	}
	long now = seconds();
	pthread_mutex_lock(&held->lock);
	*slot_for(held, now) = (struct held_executable){ .pid = pid, .inode = inode, .fd = fd, .since = now };
	pthread_mutex_unlock(&held->lock);
}

void held_look(struct held *held, const char *records, size_t size)
{
	for (size_t at = 0; at + RECORD_HEADER_SIZE <= size;) {
		const struct record_header *header = (const void *)(records + at);
		if (header->size < RECORD_HEADER_SIZE)
			return;
		if (header->kind == KIND_PROCESS_EXEC && header->number_count > EXEC_NUMBER_LINKS) {
			const __u64 *numbers = (const void *)(header + 1);
			if (numbers[EXEC_NUMBER_LINKS] == 0)
				hold(held, header->pid, numbers[EXEC_NUMBER_INODE]);
		}
		at += header->size;
	}
}

int held_take(struct held *held, __u32 pid, __u64 inode)
{
	int fd = -1;
	pthread_mutex_lock(&held->lock);
	for (int i = 0; i < HELD_MAX && fd < 0; i++) {
		struct held_executable *slot = &held->slots[i];
		if (slot->fd <= 0 || slot->pid != pid || slot->inode != inode)
			continue;
		fd = slot->fd;
		memset(slot, 0, sizeof(*slot));
	}
	pthread_mutex_unlock(&held->lock);
	return fd;
}

void held_clear(struct held *held)
{
	pthread_mutex_lock(&held->lock);
	for (int i = 0; i < HELD_MAX; i++)
		drop(&held->slots[i]);
	pthread_mutex_unlock(&held->lock);
}
