/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that answers. What is known is answered here, without JavaScript; what is not is handed over and let
 * through when no verdict comes in time. Nothing here may wait for anything that could itself be gated.
 */
#include "gate.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* In front of ordinary work: a program that is being started waits for this thread. */
#define GATE_NICE -10
/* The longest wait of the thread; while something is pending it beats oftener than the watchdog looks. */
#define IDLE_MS 1000
#define BUSY_MS 50
/* Ancestors that are looked at to find out whether a process is ours. */
#define ANCESTORS 8
/* A file that changed so lately may change again without its times telling (they move by ticks). */
#define SETTLED_NS 2000000000LL

static int64_t now_ns(clockid_t clock)
{
	struct timespec time;
	clock_gettime(clock, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void count(struct gate *gate, enum gate_counter counter)
{
	atomic_fetch_add(&gate->counters[counter], 1);
}

static void respond(struct gate *gate, int event_fd, bool allow)
{
	struct fanotify_response response = { .fd = event_fd, .response = allow ? FAN_ALLOW : FAN_DENY };
	/* ENOENT: the watchdog was quicker. */
	(void)!write(gate->exec_fd, &response, sizeof(response));
}

static void path_of(int fd, char *path, size_t size)
{
	char link[32];
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, path, size - 1);
	path[length > 0 ? length : 0] = 0;
}

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

/* Whether a process is this one or was started by it. */
static bool is_own(pid_t pid)
{
	const pid_t self = getpid();
	for (int i = 0; i < ANCESTORS && pid > 1; i++) {
		if (pid == self)
			return true;
		pid = parent_of(pid);
	}
	return false;
}

/* A file below one of the paths on the list. The lock is held. */
static bool is_bypassed(struct gate *gate, const char *path)
{
	for (int i = 0; i < gate->bypass_count; i++) {
		size_t length = strlen(gate->bypass[i]);
		if (!strncmp(path, gate->bypass[i], length) && (path[length] == 0 || path[length] == '/'))
			return true;
	}
	return false;
}

static struct gate_message *message_of(enum gate_message_type type, int fd, pid_t pid)
{
	struct gate_message *message = malloc(sizeof(*message));
	if (!message)
		return NULL;
	*message = (struct gate_message){ .type = type, .fd = -1, .pid = pid };
	if (fd >= 0)
		path_of(fd, message->path, sizeof(message->path));
	return message;
}

static void tell(struct gate *gate, enum gate_message_type type, int fd, pid_t pid)
{
	struct gate_message *message = message_of(type, fd, pid);
	if (!message || !gate_tell(gate, message))
		count(gate, GATE_DROPPED);
}

static void shared_add(struct gate *gate, int fd)
{
	for (int i = 0; i < GATE_PENDING; i++) {
		int free = 0;
		if (atomic_compare_exchange_strong(&gate->shared->pending[i], &free, fd + 1))
			return;
	}
}

static void shared_drop(struct gate *gate, int fd)
{
	for (int i = 0; i < GATE_PENDING; i++) {
		int taken = fd + 1;
		if (atomic_compare_exchange_strong(&gate->shared->pending[i], &taken, 0))
			return;
	}
}

/* Answers one that waits and frees its slot. The lock is held. */
static void settle(struct gate *gate, struct gate_pending *pending, bool allow)
{
	respond(gate, pending->fd, allow);
	shared_drop(gate, pending->fd);
	close(pending->fd);
	pending->id = 0;
	gate->waiting--;
}

/* Makes an event wait for JavaScript; false when it cannot. The lock is held. */
static bool ask(struct gate *gate, int fd, pid_t pid, const struct gate_key *key)
{
	struct gate_pending *slot = NULL;
	bool leads = true;
	for (int i = 0; i < GATE_PENDING; i++) {
		struct gate_pending *pending = &gate->pending[i];
		if (!pending->id)
			slot = slot ? slot : pending;
		else if (gate_key_same(&pending->key, key))
			leads = false;
	}
	if (!slot)
		return false;
	if (++gate->next_id == 0)
		gate->next_id = 1;
	if (leads) {
		struct gate_message *message = message_of(GATE_JUDGE, fd, pid);
		if (!message)
			return false;
		message->id = gate->next_id;
		message->waits = true;
		message->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (message->fd < 0 || !gate_tell(gate, message))
			return false;
	}
	count(gate, leads ? GATE_ASKED : GATE_JOINED);
	*slot = (struct gate_pending){ .id = gate->next_id, .fd = fd, .pid = pid, .leads = leads, .key = *key,
				       .deadline = now_ns(CLOCK_MONOTONIC) + gate->timeout };
	gate->waiting++;
	shared_add(gate, fd);
	return true;
}

/* At audit nobody waits: let through, then judged. Takes the descriptor. */
static void ask_later(struct gate *gate, int fd, pid_t pid)
{
	struct gate_message *message = message_of(GATE_JUDGE, fd, pid);
	count(gate, GATE_ASKED);
	if (message)
		message->fd = fd;
	else
		close(fd);
	if (!message || !gate_tell(gate, message))
		count(gate, GATE_DROPPED);
}

static void on_exec(struct gate *gate, int fd, pid_t pid)
{
	struct stat stat;
	char path[4096];
	count(gate, GATE_EXECS);
	if (pid == getpid() || fstat(fd, &stat)) {
		respond(gate, fd, true);
		count(gate, GATE_OWN);
		close(fd);
		return;
	}
	const bool enforces = atomic_load(&gate->enforces);
	struct gate_key key = gate_key_of(&stat);
	pthread_mutex_lock(&gate->lock);
	enum gate_verdict verdict = gate_cache_find(&gate->cache, &key);
	pthread_mutex_unlock(&gate->lock);
	if (verdict == VERDICT_ALLOW) {
		respond(gate, fd, true);
		count(gate, GATE_CACHED_ALLOWS);
		close(fd);
		return;
	}
	path_of(fd, path, sizeof(path));
	pthread_mutex_lock(&gate->lock);
	bool bypassed = is_bypassed(gate, path);
	pthread_mutex_unlock(&gate->lock);
	if (bypassed || is_own(pid)) {
		respond(gate, fd, true);
		count(gate, bypassed ? GATE_BYPASSED : GATE_OWN);
		close(fd);
		return;
	}
	if (verdict == VERDICT_DENY) {
		respond(gate, fd, !enforces);
		count(gate, enforces ? GATE_DENIES : GATE_WOULD_DENY);
		tell(gate, GATE_DENIED, fd, pid);
		close(fd);
		return;
	}
	if (!enforces) {
		respond(gate, fd, true);
		ask_later(gate, fd, pid);
		return;
	}
	pthread_mutex_lock(&gate->lock);
	bool asked = ask(gate, fd, pid, &key);
	pthread_mutex_unlock(&gate->lock);
	if (asked)
		return;
	respond(gate, fd, true);
	count(gate, GATE_FULL);
	tell(gate, GATE_BLIND, fd, pid);
	close(fd);
}

static void read_execs(struct gate *gate)
{
	struct fanotify_event_metadata *events = gate->shared->events;
	for (;;) {
		ssize_t size = read(gate->exec_fd, events, sizeof(gate->shared->events));
		if (size <= 0)
			return;
		size_t number = (size_t)size / sizeof(events[0]);
		for (size_t i = 0; i < number; i++)
			if (events[i].fd >= 0)
				on_exec(gate, events[i].fd, events[i].pid);
		memset(events, 0, number * sizeof(events[0]));
		atomic_fetch_add(&gate->shared->beats, 1);
	}
}

static void on_write(struct gate *gate, const struct fanotify_event_metadata *event)
{
	if (event->mask & FAN_Q_OVERFLOW) {
		count(gate, GATE_OVERFLOWS);
		tell(gate, GATE_OVERFLOW, -1, 0);
		return;
	}
	if (event->fd < 0)
		return;
	if (event->pid == getpid()) {
		close(event->fd);
		return;
	}
	count(gate, GATE_WRITES);
	struct gate_message *message = message_of(GATE_WRITTEN, event->fd, event->pid);
	if (message)
		message->fd = event->fd;
	else
		close(event->fd);
	if (!message || !gate_tell(gate, message))
		count(gate, GATE_DROPPED);
}

static void read_writes(struct gate *gate)
{
	struct fanotify_event_metadata events[GATE_EVENTS];
	ssize_t size = read(gate->write_fd, events, sizeof(events));
	for (size_t i = 0; size > 0 && i < (size_t)size / sizeof(events[0]); i++)
		on_write(gate, &events[i]);
}

/* Lets through whoever has waited long enough. */
static void expire(struct gate *gate, bool all)
{
	const int64_t now = now_ns(CLOCK_MONOTONIC);
	pthread_mutex_lock(&gate->lock);
	for (int i = 0; i < GATE_PENDING; i++) {
		struct gate_pending *pending = &gate->pending[i];
		if (!pending->id || (!all && pending->deadline > now))
			continue;
		if (!all) {
			count(gate, GATE_TIMEOUTS);
			tell(gate, GATE_TIMED_OUT, pending->fd, pending->pid);
		}
		settle(gate, pending, true);
	}
	pthread_mutex_unlock(&gate->lock);
}

static int patience(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	int waiting = gate->waiting;
	pthread_mutex_unlock(&gate->lock);
	return waiting ? BUSY_MS : IDLE_MS;
}

static void *run(void *data)
{
	struct gate *gate = data;
	setpriority(PRIO_PROCESS, 0, GATE_NICE);
	pthread_setname_np(pthread_self(), "redoubt-gate");
	struct pollfd fds[] = {
		{ .fd = gate->exec_fd, .events = POLLIN },
		{ .fd = gate->write_fd, .events = POLLIN },
		{ .fd = gate->mounts_fd, .events = POLLPRI },
		{ .fd = gate->wake_fd, .events = POLLIN },
		{ .fd = gate->watch_fd },
	};
	bool watched = gate->watch_fd >= 0;
	while (!atomic_load(&gate->stopping)) {
		fds[4].fd = watched ? gate->watch_fd : -1;
		poll(fds, 5, patience(gate));
		atomic_fetch_add(&gate->shared->beats, 1);
		if (fds[0].revents)
			read_execs(gate);
		expire(gate, false);
		if (fds[1].revents)
			read_writes(gate);
		if (fds[2].revents)
			tell(gate, GATE_MOUNTS_CHANGED, -1, 0);
		if (fds[4].revents) {
			watched = false;
			tell(gate, GATE_WATCHDOG_LOST, -1, 0);
		}
		if (fds[3].revents) {
			eventfd_t value;
			eventfd_read(gate->wake_fd, &value);
			watched = gate->watch_fd >= 0;
		}
	}
	return NULL;
}

int gate_start(struct gate *gate)
{
	int result = pthread_create(&gate->thread, NULL, run, gate);
	gate->running = result == 0;
	return -result;
}

void gate_answer(struct gate *gate, uint32_t id, int fd, bool allow, bool remember)
{
	struct stat stat;
	pthread_mutex_lock(&gate->lock);
	struct gate_pending *asked = NULL;
	for (int i = 0; id && i < GATE_PENDING; i++)
		if (gate->pending[i].id == id)
			asked = &gate->pending[i];
	if (asked) {
		const struct gate_key key = asked->key;
		for (int i = 0; i < GATE_PENDING; i++) {
			struct gate_pending *pending = &gate->pending[i];
			if (!pending->id || !gate_key_same(&pending->key, &key))
				continue;
			if (!allow)
				count(gate, GATE_DENIES);
			settle(gate, pending, allow);
		}
	}
	if (remember && !fstat(fd, &stat)) {
		const struct gate_key key = gate_key_of(&stat);
		if (now_ns(CLOCK_REALTIME) - key.changed > SETTLED_NS)
			gate_cache_put(&gate->cache, &key, allow ? VERDICT_ALLOW : VERDICT_DENY);
	}
	pthread_mutex_unlock(&gate->lock);
}

void gate_stop(struct gate *gate)
{
	if (!gate->running)
		return;
	atomic_store(&gate->stopping, true);
	eventfd_write(gate->wake_fd, 1);
	pthread_join(gate->thread, NULL);
	gate->running = false;
	expire(gate, true);
}
