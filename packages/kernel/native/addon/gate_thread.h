/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the gate's thread use of each other; nobody else does. */
#ifndef REDOUBT_GATE_THREAD_H
#define REDOUBT_GATE_THREAD_H

#include "gate.h"

/* gate_message.c: small things that every part needs. */
int64_t gate_now(clockid_t clock);
void gate_count(struct gate *gate, enum gate_counter counter);
/* The path behind a descriptor; empty when it cannot be told. */
void gate_path(int fd, char *path, size_t size);
/* A message without a descriptor of its own; NULL without memory. */
struct gate_message *gate_message_of(enum gate_message_type type, int fd, pid_t pid);
/* Tells JavaScript of something, or counts that it could not. */
void gate_report(struct gate *gate, enum gate_message_type type, int fd, pid_t pid);

/* gate_own.c: whether a process is this one or was started by it. */
bool gate_is_own(pid_t pid);

/* gate_pending.c: those that wait for a verdict. */
void gate_respond(struct gate *gate, int event_fd, bool allow);
/* Makes an event wait for JavaScript; false when it cannot. The lock is held. */
bool gate_ask(struct gate *gate, int fd, pid_t pid, const struct gate_key *key);
/* Lets through whoever has waited long enough, or everybody. */
void gate_expire(struct gate *gate, bool all);

/* gate_exec.c, gate_write.c: take what the kernel has to tell. */
void gate_read_execs(struct gate *gate);
void gate_read_writes(struct gate *gate);

#endif
