/* SPDX-License-Identifier: Apache-2.0 */
/* The gate: executions wait for a verdict (fanotify(7), FAN_OPEN_EXEC_PERM); files that were written are told. */
#ifndef REDOUBT_GATE_H
#define REDOUBT_GATE_H

#include <node_api.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "../gate/shared.h"
#include "gate_cache.h"

/* What JavaScript is told; src/gate.ts has the same numbers. */
enum gate_message_type {
	GATE_JUDGE,             /* a verdict is asked for; the callee owns the descriptor */
	GATE_TIMED_OUT,         /* no verdict came in time: let through */
	GATE_DENIED,            /* a known verdict denied it (at audit: would have) */
	GATE_WRITTEN,           /* a file was written and closed; the callee owns the descriptor */
	GATE_MOUNTS_CHANGED,
	GATE_OVERFLOW,          /* writes happened that the kernel could not tell */
	GATE_WATCHDOG_LOST,
	GATE_BLIND,             /* too much was waiting: let through unjudged */
	GATE_TAKEN_OVER,        /* this thread was silent, and the watchdog let through what came meanwhile */
};

/* Stands for the id of whatever was let through before it was judged. */
#define GATE_AFTERWARDS UINT32_MAX

struct gate_message {
	enum gate_message_type type;
	uint32_t id;            /* of GATE_JUDGE while it waits, GATE_AFTERWARDS when it was let through before, else 0 */
	int fd;                 /* -1 without one */
	pid_t pid;
	bool waits;
	char path[4096];        /* bytes; empty when it cannot be told */
};

enum gate_counter {
	GATE_EXECS, GATE_CACHED_ALLOWS, GATE_DENIES, GATE_WOULD_DENY, GATE_ASKED, GATE_JOINED, GATE_TIMEOUTS, GATE_FULL,
	GATE_OWN, GATE_BYPASSED, GATE_WRITES, GATE_DROPPED, GATE_OVERFLOWS, GATE_COUNTERS,
};

struct gate_pending {
	uint32_t id;            /* 0: free */
	int fd;
	pid_t pid;
	bool leads;             /* JavaScript was asked on its behalf */
	struct gate_key key;
	int64_t deadline;       /* CLOCK_MONOTONIC, nanoseconds */
};

#define GATE_BYPASS_MAX 128

struct gate {
	int exec_fd, write_fd, mounts_fd, wake_fd, shared_fd;
	int alive_fd;           /* write end; closed with us */
	int watch_fd;           /* read end; hangs up with the watchdog */
	pid_t watch_pid;
	struct gate_shared *shared;
	pthread_t thread;
	bool running;
	atomic_bool stopping, enforces;
	int64_t timeout;        /* nanoseconds */
	pthread_mutex_t lock;   /* guards what follows */
	struct gate_cache cache;
	struct gate_pending pending[GATE_PENDING];
	int waiting;
	uint32_t next_id;
	char *bypass[GATE_BYPASS_MAX];
	int bypass_count;
	atomic_ullong counters[GATE_COUNTERS];
	napi_threadsafe_function deliver;
};

/* All return 0 or a negative errno. */
int gate_open(struct gate *gate, int64_t timeout_ms, size_t cache_entries);
int gate_start(struct gate *gate);
int gate_watch(struct gate *gate, const char *program);
int gate_mark(struct gate *gate, bool add, bool file_system, bool exec, bool write, const char *path);
/* Ends the thread; whoever waits is let through. */
void gate_stop(struct gate *gate);
void gate_close(struct gate *gate);
/* A verdict: answers all that wait for this file, and is remembered if asked. 0 as id only remembers. */
void gate_answer(struct gate *gate, uint32_t id, int fd, bool allow, bool remember);
/* Hands a message to JavaScript; false when too many wait there. Takes the message. */
bool gate_tell(struct gate *gate, struct gate_message *message);

napi_value gate_register(napi_env env, napi_value exports);

#endif
