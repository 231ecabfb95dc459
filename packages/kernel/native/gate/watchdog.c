/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redoubt-gate-watch: stands beside an agent that gates executions. A gate whose owner is stopped would hang every
 * program of the host; this process holds the same fanotify group and lets everything through while the agent is
 * silent. When the agent is gone it goes at once, so that the kernel closes the group and releases whoever waits.
 * A program of its own, not a fork of the agent, so that it holds none of the agent's memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "shared.h"

/*
 * Responses name events by descriptor number. Ours start above those of the agent, so that in the moment in which
 * both answer no response can be taken for one to an event of the other.
 */
#define FIRST_EVENT_FD 2048

static void allow(int event_fd)
{
	struct fanotify_response response = { .fd = event_fd, .response = FAN_ALLOW };
	/* ENOENT: answered already. */
	(void)!write(WATCH_GATE_FD, &response, sizeof(response));
}

/* What the agent has read and not answered. */
static bool agent_owes(struct gate_shared *shared)
{
	for (int i = 0; i < GATE_PENDING; i++)
		if (atomic_load(&shared->pending[i]))
			return true;
	for (int i = 0; i < GATE_EVENTS; i++)
		if (((volatile struct fanotify_event_metadata *)&shared->events[i])->event_len)
			return true;
	return false;
}

static void answer_for_agent(struct gate_shared *shared)
{
	for (int i = 0; i < GATE_PENDING; i++) {
		int pending = atomic_exchange(&shared->pending[i], 0);
		if (pending) {
			allow(pending - 1);
			atomic_fetch_add(&shared->let_through, 1);
		}
	}
	for (int i = 0; i < GATE_EVENTS; i++)
		if (shared->events[i].event_len && shared->events[i].fd >= 0)
			allow(shared->events[i].fd);
}

/* Lets everything through until the agent's thread beats again, or is gone. */
static void take_over(struct gate_shared *shared)
{
	struct fanotify_event_metadata events[GATE_EVENTS];
	unsigned long long beats = atomic_load(&shared->beats);
	struct pollfd fds[] = { { .fd = WATCH_GATE_FD, .events = POLLIN }, { .fd = WATCH_ALIVE_FD } };
	atomic_fetch_add(&shared->taken_over, 1);
	while (atomic_load(&shared->beats) == beats) {
		answer_for_agent(shared);
		ssize_t size = read(WATCH_GATE_FD, events, sizeof(events));
		for (ssize_t i = 0; size > 0 && i < size / (ssize_t)sizeof(events[0]); i++) {
			if (events[i].fd < 0)
				continue;
			allow(events[i].fd);
			close(events[i].fd);
			atomic_fetch_add(&shared->let_through, 1);
		}
		if (poll(fds, 2, WATCH_LOOK_MS) < 0 && errno != EINTR)
			_exit(1);
		if (fds[1].revents)
			_exit(0);
	}
}

int main(void)
{
	struct gate_shared *shared =
		mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, WATCH_SHARED_FD, 0);
	if (shared == MAP_FAILED)
		return 1;
	prctl(PR_SET_NAME, "redoubt-gate");
	for (int fd = WATCH_SELF_FD + 1; fd < FIRST_EVENT_FD; fd++)
		fcntl(WATCH_ALIVE_FD, F_DUPFD_CLOEXEC, fd);
	unsigned long long beats = 0;
	int silent = 0;
	for (;;) {
		struct pollfd alive = { .fd = WATCH_ALIVE_FD };
		struct pollfd waiting = { .fd = WATCH_GATE_FD, .events = POLLIN };
		if (poll(&alive, 1, WATCH_LOOK_MS) != 0 && errno != EINTR)
			return 0;
		unsigned long long now = atomic_load(&shared->beats);
		bool owes = poll(&waiting, 1, 0) > 0 || agent_owes(shared);
		silent = owes && now == beats ? silent + 1 : 0;
		beats = now;
		if (silent >= WATCH_LOOKS) {
			take_over(shared);
			silent = 0;
		}
	}
}
