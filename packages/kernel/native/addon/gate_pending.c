/* SPDX-License-Identifier: Apache-2.0 */
/* Executions that wait for JavaScript's verdict: who they are, when their time is over, and the answer to them. */
#include <fcntl.h>
#include <time.h>
#include <unistd.h>
#include "gate_thread.h"

/* A file that changed so lately may change again without its times telling (they move by ticks). */
#define SETTLED_NS 2000000000LL

void gate_respond(struct gate *gate, int event_fd, bool allow)
{
	struct fanotify_response response = { .fd = event_fd, .response = allow ? FAN_ALLOW : FAN_DENY };
	/* ENOENT: the watchdog was quicker. */
	(void)!write(gate->exec_fd, &response, sizeof(response));
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
	gate_respond(gate, pending->fd, allow);
	shared_drop(gate, pending->fd);
	close(pending->fd);
	pending->id = 0;
	gate->waiting--;
}

bool gate_ask(struct gate *gate, int fd, pid_t pid, const struct gate_key *key)
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
	if (++gate->next_id == GATE_AFTERWARDS)
		gate->next_id = 1;
	if (leads) {
		struct gate_message *message = gate_message_of(GATE_JUDGE, fd, pid);
		if (!message)
			return false;
		message->id = gate->next_id;
		message->waits = true;
		message->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (message->fd < 0 || !gate_tell(gate, message))
			return false;
	}
	gate_count(gate, leads ? GATE_ASKED : GATE_JOINED);
	*slot = (struct gate_pending){ .id = gate->next_id, .fd = fd, .pid = pid, .leads = leads, .key = *key,
				       .deadline = gate_now(CLOCK_MONOTONIC) + gate->timeout };
	gate->waiting++;
	shared_add(gate, fd);
	return true;
}

void gate_expire(struct gate *gate, bool all)
{
	const int64_t now = gate_now(CLOCK_MONOTONIC);
	pthread_mutex_lock(&gate->lock);
	for (int i = 0; i < GATE_PENDING; i++) {
		struct gate_pending *pending = &gate->pending[i];
		if (!pending->id || (!all && pending->deadline > now))
			continue;
		if (!all) {
			gate_count(gate, GATE_TIMEOUTS);
			gate_report(gate, GATE_TIMED_OUT, pending->fd, pending->pid);
		}
		settle(gate, pending, true);
	}
	pthread_mutex_unlock(&gate->lock);
}

void gate_answer(struct gate *gate, uint32_t id, int fd, bool allow, bool remember)
{
	struct stat stat;
	pthread_mutex_lock(&gate->lock);
	struct gate_pending *asked = NULL;
	if (id == GATE_AFTERWARDS && !allow)
		gate_count(gate, GATE_WOULD_DENY);
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
				gate_count(gate, GATE_DENIES);
			settle(gate, pending, allow);
		}
	}
	if (remember && !fstat(fd, &stat)) {
		const struct gate_key key = gate_key_of(&stat);
		if (gate_now(CLOCK_REALTIME) - key.changed > SETTLED_NS)
			gate_cache_put(&gate->cache, &key, allow ? VERDICT_ALLOW : VERDICT_DENY);
	}
	pthread_mutex_unlock(&gate->lock);
}
