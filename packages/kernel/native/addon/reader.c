/* SPDX-License-Identifier: Apache-2.0 */
#include "reader.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define BUSY_MS 10      /* how often the ring is looked at while there is something in it */
#define ASLEEP_MS 250   /* a record that is written just as the reader falls asleep waits so long at most */
#define READER_NICE -15
#define HAND_OVER_MS 1000

/*
 * One batch at a time is with JavaScript, the rest waits here, bounded by `queued`: Node empties the queue of a
 * threadsafe function in one go, so that under a storm nothing else would ever get its turn.
 */
static void send(struct reader *reader, struct message *message)
{
	if (napi_call_threadsafe_function(reader->deliver, message, napi_tsfn_nonblocking) != napi_ok) {
		free(message->bytes);
		free(message);
	}
}

static void enqueue(struct reader *reader, struct message *message)
{
	message->next = NULL;
	if (reader->last)
		reader->last->next = message;
	else
		reader->first = message;
	reader->last = message;
}

static struct message *dequeue(struct reader *reader)
{
	struct message *message = reader->first;
	reader->first = message->next;
	if (!reader->first)
		reader->last = NULL;
	return message;
}

/* Sends what may go; with `all`, even while JavaScript is busy. */
static void forward(struct reader *reader, bool all)
{
	for (;;) {
		while (reader->first && (all || !atomic_load(&reader->busy))) {
			if (reader->first->type == MESSAGE_BATCH)
				atomic_store(&reader->busy, true);
			send(reader, dequeue(reader));
		}
		atomic_store(&reader->waiting, reader->first != NULL);
		/* JavaScript may have become free before it could see that something waits. */
		if (!reader->first || atomic_load(&reader->busy))
			return;
	}
}

/* Takes one batch from the ring; false when the ring is empty, memory is short or JavaScript is behind. */
static bool drain_once(struct reader *reader, bool ignore_limit)
{
	size_t used = ring_used(&reader->ring);
	if (used == 0)
		return false;
	if (!ignore_limit && atomic_load(&reader->queued) >= reader->queue_limit) {
		atomic_fetch_add(&reader->stalls, 1);
		return false;
	}
	size_t capacity = used < BATCH_MAX ? used : BATCH_MAX;
	struct message *message = calloc(1, sizeof(*message));
	char *bytes = malloc(capacity);
	size_t size = message && bytes ? ring_drain(&reader->ring, bytes, capacity) : 0;
	if (size == 0) {
		free(bytes);
		free(message);
		return false;
	}
	held_look(&reader->held, bytes, size);
	message->type = MESSAGE_BATCH;
	message->reader = reader;
	message->bytes = bytes;
	message->size = size;
	atomic_fetch_add(&reader->queued, size);
	atomic_fetch_add(&reader->batches, 1);
	atomic_fetch_add(&reader->bytes, size);
	enqueue(reader, message);
	return true;
}

static void answer_flushes(struct reader *reader)
{
	pthread_mutex_lock(&reader->lock);
	int count = reader->flush_count;
	struct message *flushes[64];
	for (int i = 0; i < count; i++)
		flushes[i] = reader->flushes[i];
	reader->flush_count = 0;
	pthread_mutex_unlock(&reader->lock);
	if (count == 0)
		return;
	programs_hand_over(reader->programs);
	while (drain_once(reader, true))
		;
	for (int i = 0; i < count; i++)
		enqueue(reader, flushes[i]);
}

static __u64 now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (__u64)now.tv_sec * 1000 + (__u64)now.tv_nsec / 1000000;
}

/* Asks to be woken by the next record; false when one has come meanwhile. */
static bool fall_asleep(struct reader *reader)
{
	if (ring_used(&reader->ring) != 0)
		return false; /* JavaScript is behind, and a record more makes no difference */
	__atomic_store_n(&reader->programs->settings->reader_asleep, 1, __ATOMIC_SEQ_CST);
	return ring_used(&reader->ring) == 0;
}

static void *run(void *argument)
{
	struct reader *reader = argument;
	/* It works for microseconds at a time, and a nameless program may be gone if it comes late (held.h). */
	setpriority(PRIO_PROCESS, 0, READER_NICE);
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	/* Edge-triggered: the ring is readable nearly always, only a forced wakeup is news. */
	struct epoll_event on_ring = { .events = EPOLLIN | EPOLLET };
	struct epoll_event on_wake = { .events = EPOLLIN };
	epoll_ctl(epoll, EPOLL_CTL_ADD, reader->ring.fd, &on_ring);
	epoll_ctl(epoll, EPOLL_CTL_ADD, reader->wake_fd, &on_wake);
	bool any = true;
	__u64 handed_over = now_ms();
	while (!atomic_load(&reader->stopping)) {
		struct epoll_event events[2];
		bool sleeps = !any && fall_asleep(reader);
		epoll_wait(epoll, events, 2, sleeps ? ASLEEP_MS : BUSY_MS);
		reader->programs->settings->reader_asleep = 0;
		__u64 wakes;
		if (read(reader->wake_fd, &wakes, sizeof(wakes)) < 0 && errno != EAGAIN)
			break;
		if (now_ms() - handed_over >= HAND_OVER_MS) {
			handed_over = now_ms();
			programs_hand_over(reader->programs);
		}
		any = false;
		while (drain_once(reader, false))
			any = true;
		answer_flushes(reader);
		forward(reader, false);
	}
	close(epoll);
	if (!reader->stop_message)
		return NULL;
	programs_hand_over(reader->programs);
	while (drain_once(reader, true))
		;
	answer_flushes(reader);
	enqueue(reader, reader->stop_message);
	forward(reader, true);
	return NULL;
}

int reader_start(struct reader *reader)
{
	pthread_mutex_init(&reader->lock, NULL);
	pthread_mutex_init(&reader->held.lock, NULL);
	int error = pthread_create(&reader->thread, NULL, run, reader);
	reader->running = error == 0;
	if (!error)
		pthread_setname_np(reader->thread, "redoubt-ring");
	return error;
}

static void wake(struct reader *reader)
{
	__u64 one = 1;
	ssize_t written = write(reader->wake_fd, &one, sizeof(one));
	(void)written; /* a full eventfd is awake already */
}

bool reader_flush(struct reader *reader, struct message *message)
{
	pthread_mutex_lock(&reader->lock);
	bool room = reader->flush_count < 64;
	if (room)
		reader->flushes[reader->flush_count++] = message;
	pthread_mutex_unlock(&reader->lock);
	if (room)
		wake(reader);
	return room;
}

void reader_stop(struct reader *reader, struct message *message)
{
	reader->stop_message = message;
	atomic_store(&reader->stopping, true);
	wake(reader);
}

void reader_taken(struct reader *reader)
{
	atomic_store(&reader->busy, false);
	if (atomic_load(&reader->waiting))
		wake(reader);
}

void reader_abandon(struct reader *reader)
{
	/* When stop() has been asked for, its message is on the way or will be refused: the thread ends either way. */
	atomic_store(&reader->stopping, true);
	wake(reader);
	pthread_join(reader->thread, NULL);
	reader->running = false;
	while (reader->first) {
		struct message *message = dequeue(reader);
		free(message->bytes);
		free(message);
	}
}
