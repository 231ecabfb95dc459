/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Executables that no path leads to (memfd, removed files). Their content is gone when the process ends, which
 * may be a millisecond after it began; so they are opened the moment their exec is seen, and held for a while.
 */
#ifndef REDOUBT_HELD_H
#define REDOUBT_HELD_H

#include <linux/types.h>
#include <pthread.h>
#include <stddef.h>

#define HELD_MAX 64
#define HELD_SECONDS 10

struct held_executable {
	__u32 pid;
	__u64 inode;
	int fd;                 /* 0 in a free slot: the addon never holds standard input */
	long since;             /* CLOCK_MONOTONIC, seconds */
};

struct held {
	pthread_mutex_t lock;
	struct held_executable slots[HELD_MAX];
};

/* Opens the executables of all execs in a batch of records that have no name any more. */
void held_look(struct held *held, const char *records, size_t size);
/* Hands over the descriptor of a process's executable, or -1. The caller closes it. */
int held_take(struct held *held, __u32 pid, __u64 inode);
/* Closes what nobody took. */
void held_clear(struct held *held);

#endif
