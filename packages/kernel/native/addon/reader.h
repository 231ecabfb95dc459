/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that drains the ring and hands batches to JavaScript. */
#ifndef REDOUBT_READER_H
#define REDOUBT_READER_H

#include <node_api.h>
#include <pthread.h>
#include "held.h"
#include "sensor.h"

enum message_type { MESSAGE_BATCH, MESSAGE_FLUSHED, MESSAGE_STOPPED };

struct reader;

/* One crossing into JavaScript. */
struct message {
	enum message_type type;
	struct reader *reader;
	char *bytes;
	size_t size;
	napi_deferred deferred;
	struct message *next;
};

struct reader {
	struct ring ring;
	const struct programs *programs;
	struct held held;
	pthread_t thread;
	bool running;
	int wake_fd;                    /* eventfd: flush or stop was asked for */
	napi_threadsafe_function deliver;
	size_t queue_limit;
	atomic_size_t queued;           /* bytes on their way to JavaScript */
	struct message *first, *last;   /* what waits for JavaScript; the thread's own */
	atomic_bool busy;               /* JavaScript has a batch, and has not asked for the next one */
	atomic_bool waiting;            /* something stands behind that batch */
	atomic_bool stopping;
	atomic_ullong batches, bytes, stalls;
	pthread_mutex_t lock;           /* guards the list of flushes */
	struct message *flushes[64];
	int flush_count;
	struct message *stop_message;
};

int reader_start(struct reader *reader);
/* JavaScript has dealt with its batch: the next one may come. */
void reader_taken(struct reader *reader);
/* Asks the thread to hand out all there is and then this message. False when too many are waiting. */
bool reader_flush(struct reader *reader, struct message *message);
/* Asks the thread to drain, send this message and end; join it when the message arrives. */
void reader_stop(struct reader *reader, struct message *message);
/* Ends the thread now, handing out nothing more: nobody is left to take it. */
void reader_abandon(struct reader *reader);

#endif
