/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing a gate, what it stands before, and its watchdog. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "gate.h"

#define EVENT_FLAGS (O_RDONLY | O_LARGEFILE | O_CLOEXEC | O_NOATIME)

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int open_groups(struct gate *gate)
{
	/* No event that somebody waits for may be lost to a full queue; their number is bounded by that of processes. */
	gate->exec_fd = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_QUEUE |
				      FAN_UNLIMITED_MARKS, EVENT_FLAGS);
	if (gate->exec_fd < 0)
		return -errno;
	/* Writes stand in a queue of their own, which may overflow and then says so. */
	gate->write_fd = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_MARKS, EVENT_FLAGS);
	if (gate->write_fd < 0)
		return -errno;
	gate->mounts_fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	gate->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return gate->mounts_fd < 0 || gate->wake_fd < 0 ? -errno : 0;
}

int gate_open(struct gate *gate, int64_t timeout_ms, size_t cache_entries)
{
	gate->exec_fd = gate->write_fd = gate->mounts_fd = gate->wake_fd = gate->shared_fd = -1;
	gate->alive_fd = gate->watch_fd = -1;
	gate->timeout = timeout_ms * 1000000;
	pthread_mutex_init(&gate->lock, NULL);
	gate->shared_fd = memfd_create("redoubt-gate", MFD_CLOEXEC);
	if (gate->shared_fd < 0 || ftruncate(gate->shared_fd, sizeof(*gate->shared)))
		return -errno;
	gate->shared = mmap(NULL, sizeof(*gate->shared), PROT_READ | PROT_WRITE, MAP_SHARED, gate->shared_fd, 0);
	if (gate->shared == MAP_FAILED) {
		gate->shared = NULL;
		return -errno;
	}
	int result = open_groups(gate);
	return result ? result : gate_cache_open(&gate->cache, cache_entries);
}

/* Ends the watchdog that there is, if any, without leaving a zombie. */
static void end_watchdog(struct gate *gate)
{
	close_fd(&gate->alive_fd);
	close_fd(&gate->watch_fd);
	if (gate->watch_pid > 0) {
		kill(gate->watch_pid, SIGKILL);
		waitpid(gate->watch_pid, NULL, 0);
	}
	gate->watch_pid = 0;
}

/* The descriptors stand above those that the child takes, so that none is written over while they are moved. */
static int raised(int fd)
{
	int result = fcntl(fd, F_DUPFD_CLOEXEC, 16);
	close(fd);
	return result;
}

int gate_watch(struct gate *gate, const char *program)
{
	int alive[2], self[2];
	char *arguments[] = { (char *)program, NULL }, *environment[] = { NULL };
	end_watchdog(gate);
	if (pipe2(alive, O_CLOEXEC))
		return -errno;
	if (pipe2(self, O_CLOEXEC)) {
		int error = -errno;
		close(alive[0]);
		close(alive[1]);
		return error;
	}
	int read_end = raised(alive[0]), write_end = raised(self[1]);
	int group = fcntl(gate->exec_fd, F_DUPFD_CLOEXEC, 16), shared = fcntl(gate->shared_fd, F_DUPFD_CLOEXEC, 16);
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, group, WATCH_GATE_FD);
	posix_spawn_file_actions_adddup2(&actions, shared, WATCH_SHARED_FD);
	posix_spawn_file_actions_adddup2(&actions, read_end, WATCH_ALIVE_FD);
	posix_spawn_file_actions_adddup2(&actions, write_end, WATCH_SELF_FD);
	int result = posix_spawn(&gate->watch_pid, program, &actions, NULL, arguments, environment);
	posix_spawn_file_actions_destroy(&actions);
	close(read_end);
	close(write_end);
	close(group);
	close(shared);
	gate->alive_fd = alive[1];
	gate->watch_fd = self[0];
	if (result) {
		gate->watch_pid = 0;
		end_watchdog(gate);
		return -result;
	}
	eventfd_write(gate->wake_fd, 1);
	return 0;
}

int gate_mark(struct gate *gate, bool add, bool file_system, bool exec, bool write, const char *path)
{
	unsigned int flags = (add ? FAN_MARK_ADD : FAN_MARK_REMOVE) | (file_system ? FAN_MARK_FILESYSTEM : FAN_MARK_MOUNT);
	if (exec && fanotify_mark(gate->exec_fd, flags, FAN_OPEN_EXEC_PERM, AT_FDCWD, path))
		return -errno;
	if (write && fanotify_mark(gate->write_fd, flags, FAN_CLOSE_WRITE, AT_FDCWD, path))
		return -errno;
	return 0;
}

void gate_close(struct gate *gate)
{
	gate_stop(gate);
	close_fd(&gate->exec_fd);
	end_watchdog(gate);
	close_fd(&gate->write_fd);
	close_fd(&gate->mounts_fd);
	close_fd(&gate->wake_fd);
	close_fd(&gate->shared_fd);
	if (gate->shared)
		munmap(gate->shared, sizeof(*gate->shared));
	gate->shared = NULL;
	gate_cache_close(&gate->cache);
	for (int i = 0; i < gate->bypass_count; i++)
		free(gate->bypass[i]);
	gate->bypass_count = 0;
}
