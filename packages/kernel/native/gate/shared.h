/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the agent and the watchdog of its gate share: one page of memory. The kernel writes permission events straight
 * into it, so that there is no moment at which an event has been read and the watchdog does not know of it.
 */
#ifndef REDOUBT_GATE_SHARED_H
#define REDOUBT_GATE_SHARED_H

#include <stdatomic.h>
#include <sys/fanotify.h>

#define GATE_EVENTS 32
#define GATE_PENDING 256

/* Descriptors that the watchdog is started with. */
#define WATCH_GATE_FD 3     /* the fanotify group */
#define WATCH_SHARED_FD 4   /* this memory */
#define WATCH_ALIVE_FD 5    /* read end of a pipe whose write end only the agent has */
#define WATCH_SELF_FD 6     /* write end of a pipe that tells the agent when the watchdog is gone */

/* How often the watchdog looks, and after how many looks without a beat it answers itself. */
#define WATCH_LOOK_MS 100
#define WATCH_LOOKS 3

struct gate_shared {
	atomic_ullong beats;            /* grows each time the agent's thread comes round */
	atomic_ullong taken_over;       /* how often the watchdog began to answer */
	atomic_ullong let_through;      /* events that the watchdog answered */
	atomic_int pending[GATE_PENDING]; /* descriptors of events that wait for a verdict, plus one; 0 is free */
	/* Events that were just read; zero but while they are being looked at. */
	struct fanotify_event_metadata events[GATE_EVENTS];
};

#endif
