/* SPDX-License-Identifier: Apache-2.0 */
/* Executions: what is known is answered here, without JavaScript; what is not is handed over. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "gate_thread.h"

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

/* At audit nobody waits: let through, then judged. Takes the descriptor. */
static void ask_later(struct gate *gate, int fd, pid_t pid)
{
	struct gate_message *message = gate_message_of(GATE_JUDGE, fd, pid);
	gate_count(gate, GATE_ASKED);
	if (message) {
		message->fd = fd;
		message->id = GATE_AFTERWARDS;
	} else {
		close(fd);
	}
	if (!message || !gate_tell(gate, message))
		gate_count(gate, GATE_DROPPED);
}

static void on_exec(struct gate *gate, int fd, pid_t pid)
{
	struct stat stat;
	char path[4096];
	gate_count(gate, GATE_EXECS);
	if (pid == getpid() || fstat(fd, &stat)) {
		gate_respond(gate, fd, true);
		gate_count(gate, GATE_OWN);
		close(fd);
		return;
	}
	const bool enforces = atomic_load(&gate->enforces);
	struct gate_key key = gate_key_of(&stat);
	pthread_mutex_lock(&gate->lock);
	enum gate_verdict verdict = gate_cache_find(&gate->cache, &key);
	pthread_mutex_unlock(&gate->lock);
	if (verdict == VERDICT_ALLOW) {
		gate_respond(gate, fd, true);
		gate_count(gate, GATE_CACHED_ALLOWS);
		close(fd);
		return;
	}
	gate_path(fd, path, sizeof(path));
	pthread_mutex_lock(&gate->lock);
	bool bypassed = is_bypassed(gate, path);
	pthread_mutex_unlock(&gate->lock);
	if (bypassed || gate_is_own(pid)) {
		gate_respond(gate, fd, true);
		gate_count(gate, bypassed ? GATE_BYPASSED : GATE_OWN);
		close(fd);
		return;
	}
	if (verdict == VERDICT_DENY) {
		gate_respond(gate, fd, !enforces);
		gate_count(gate, enforces ? GATE_DENIES : GATE_WOULD_DENY);
		gate_report(gate, GATE_DENIED, fd, pid);
		close(fd);
		return;
	}
	if (!enforces) {
		gate_respond(gate, fd, true);
		ask_later(gate, fd, pid);
		return;
	}
	pthread_mutex_lock(&gate->lock);
	bool asked = gate_ask(gate, fd, pid, &key);
	pthread_mutex_unlock(&gate->lock);
	if (asked)
		return;
	gate_respond(gate, fd, true);
	gate_count(gate, GATE_FULL);
	gate_report(gate, GATE_BLIND, fd, pid);
	close(fd);
}

void gate_read_execs(struct gate *gate)
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
