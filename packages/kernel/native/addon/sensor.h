/* SPDX-License-Identifier: Apache-2.0 */
/* The sensor without JavaScript: loading, attaching, draining. */
#ifndef REDOUBT_SENSOR_H
#define REDOUBT_SENSOR_H

#include <linux/types.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <bpf/libbpf.h>
#include "record.h"
#include "shared.h"

#define HOOKS_MAX 48
#define REASON_SIZE 256

struct hook {
	char name[48];
	bool attached;
	bool skipped;           /* not to be loaded on this kernel */
	char reason[REASON_SIZE];
	struct bpf_link *link;
	int program_fd;         /* for its miss counter, -1 when not loaded */
};

struct programs {
	struct bpf_object *object;
	struct hook hooks[HOOKS_MAX];
	int hook_count;
	struct settings *settings;      /* shared with the kernel */
	size_t settings_size;
	int counters_fd, watched_fd, ignored_directories_fd, ring_fd;
	int hand_over_fd;               /* program that puts the counts of repeats.h into the ring, or -1 */
	int cpus;
};

/* Loads every program that this kernel takes. On failure says why in `error`. */
int programs_open(struct programs *programs, size_t ring_bytes, char *error, size_t error_size);
/* Attaches what was loaded; hooks[] says what came of it. */
void programs_attach(struct programs *programs);
/* Puts what was counted of repeated connections into the ring; false when this kernel cannot. */
bool programs_hand_over(const struct programs *programs);
/* Stops new events; maps stay. */
void programs_detach(struct programs *programs);
void programs_close(struct programs *programs);

/*
 * Signals wait while programs are loaded: the verifier gives up with EAGAIN when one is pending, and under a
 * profiler, which sends SIGPROF all the time, libbpf's five attempts all fail.
 */
void signals_hold(sigset_t *before);
void signals_release(const sigset_t *before);

/* The reading end of the ring. */
struct ring {
	int fd;
	size_t size;
	size_t page;
	unsigned long *consumer;
	unsigned long *producer;
	const char *data;
};

int ring_map(struct ring *ring, int fd, size_t size);
void ring_unmap(struct ring *ring);
/* Bytes between reader and writer, ring headers included. */
size_t ring_used(const struct ring *ring);
/* Moves whole records into `to`; returns the bytes written. `capacity` must hold at least one record. */
size_t ring_drain(struct ring *ring, char *to, size_t capacity);

/* A batch is what nothing else in the process can run beside: some 2,500 records. */
#define BATCH_MAX (1 << 18)

#endif
