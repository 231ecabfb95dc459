/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that answers. What is not known is let through when no verdict comes in time. Nothing here may wait for
 * anything that could itself be gated.
 */
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include "gate_thread.h"

/* In front of ordinary work: a program that is being started waits for this thread. */
#define GATE_NICE -10
/* The longest wait of the thread; while something is pending it beats oftener than the watchdog looks. */
#define IDLE_MS 1000
#define BUSY_MS 50

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
	unsigned long long taken_over = 0;
	while (!atomic_load(&gate->stopping)) {
		fds[4].fd = watched ? gate->watch_fd : -1;
		poll(fds, 5, patience(gate));
		atomic_fetch_add(&gate->shared->beats, 1);
		unsigned long long now_taken_over = atomic_load(&gate->shared->taken_over);
		if (now_taken_over != taken_over)
			gate_report(gate, GATE_TAKEN_OVER, -1, 0);
		taken_over = now_taken_over;
		if (fds[0].revents)
			gate_read_execs(gate);
		gate_expire(gate, false);
		if (fds[1].revents)
			gate_read_writes(gate);
		if (fds[2].revents)
			gate_report(gate, GATE_MOUNTS_CHANGED, -1, 0);
		if (fds[4].revents) {
			watched = false;
			gate_report(gate, GATE_WATCHDOG_LOST, -1, 0);
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

void gate_stop(struct gate *gate)
{
	if (!gate->running)
		return;
	atomic_store(&gate->stopping, true);
	eventfd_write(gate->wake_fd, 1);
	pthread_join(gate->thread, NULL);
	gate->running = false;
	gate_expire(gate, true);
}
