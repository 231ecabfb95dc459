/* SPDX-License-Identifier: Apache-2.0 */
/* Files that were written and closed: nobody waits for them. */
#include <unistd.h>
#include "gate_thread.h"

static void on_write(struct gate *gate, const struct fanotify_event_metadata *event)
{
	if (event->mask & FAN_Q_OVERFLOW) {
		gate_count(gate, GATE_OVERFLOWS);
		gate_report(gate, GATE_OVERFLOW, -1, 0);
		return;
	}
	if (event->fd < 0)
		return;
	if (event->pid == getpid()) {
		close(event->fd);
		return;
	}
	gate_count(gate, GATE_WRITES);
	struct gate_message *message = gate_message_of(GATE_WRITTEN, event->fd, event->pid);
	if (message)
		message->fd = event->fd;
	else
		close(event->fd);
	if (!message || !gate_tell(gate, message))
		gate_count(gate, GATE_DROPPED);
}

void gate_read_writes(struct gate *gate)
{
	struct fanotify_event_metadata events[GATE_EVENTS];
	ssize_t size = read(gate->write_fd, events, sizeof(events));
	for (size_t i = 0; size > 0 && i < (size_t)size / sizeof(events[0]); i++)
		on_write(gate, &events[i]);
}
