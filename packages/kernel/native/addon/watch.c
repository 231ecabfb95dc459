/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watching whole file systems through fanotify (fanotify(7)): the notification class with FAN_REPORT_DFID_NAME tells
 * the folder and the name of what changed, also of what was removed. A thread reads, keeps what lies below the given
 * paths, and hands it over in batches. It reads no further while JavaScript has not taken what it was handed, so that
 * the kernel's own queue is the bound, and its overflow is told.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/statfs.h>
#include <unistd.h>
#include "bindings.h"
#include "tree.h"

/* Batches that JavaScript has not taken yet. */
#define MOST_HANDED 16
#define MOST_PLACES 64

#define CHANGES (FAN_CREATE | FAN_DELETE | FAN_MOVED_FROM | FAN_MOVED_TO | FAN_MODIFY | FAN_ATTRIB | FAN_CLOSE_WRITE)

struct place {
	int fd; /* a folder of the file system, to open handles through */
	__kernel_fsid_t id;
};

struct watch {
	int fd, wake;
	struct place places[MOST_PLACES];
	size_t place_count;
	char **covered;
	size_t covered_count;
	pthread_t thread;
	bool running;
	atomic_bool stopping;
	atomic_int handed;
	napi_threadsafe_function deliver;
	napi_deferred stopped;
	/* the folder of the event before, since many events come from one folder */
	struct file_handle *last;
	size_t last_room, last_folder_length;
	__kernel_fsid_t last_id;
	char last_folder[4096];
};

struct handed {
	struct watch *watch;
	struct text text;
	uint32_t lost;
	bool last;
};

static bool is_covered(const struct watch *watch, const char *path, size_t length)
{
	for (size_t i = 0; i < watch->covered_count; i++) {
		const char *tree = watch->covered[i];
		size_t size = strlen(tree);
		if (size == 1 || (length >= size && !memcmp(path, tree, size) && (path[size] == 0 || path[size] == '/')))
			return true;
		/* what lies above a tree takes it along when it is renamed */
		if (length < size && !memcmp(path, tree, length) && tree[length] == '/')
			return true;
	}
	return false;
}

static bool same_folder(const struct watch *watch, const __kernel_fsid_t *id, const struct file_handle *handle)
{
	return watch->last && !memcmp(&watch->last_id, id, sizeof(*id)) &&
	       watch->last->handle_bytes == handle->handle_bytes && watch->last->handle_type == handle->handle_type &&
	       !memcmp(watch->last->f_handle, handle->f_handle, handle->handle_bytes);
}

/* The path of the folder that a handle stands for, into last_folder; false when it is gone. */
static bool find_folder(struct watch *watch, const __kernel_fsid_t *id, struct file_handle *handle, bool first)
{
	if (!first && same_folder(watch, id, handle))
		return watch->last_folder_length > 0;
	size_t size = sizeof(*handle) + handle->handle_bytes;
	if (size > watch->last_room) {
		free(watch->last);
		watch->last = malloc(size);
		watch->last_room = watch->last ? size : 0;
	}
	if (watch->last)
		memcpy(watch->last, handle, size);
	watch->last_id = *id;
	watch->last_folder_length = 0;
	for (size_t i = 0; i < watch->place_count; i++) {
		if (memcmp(&watch->places[i].id, id, sizeof(*id)))
			continue;
		int fd = open_by_handle_at(watch->places[i].fd, handle, O_PATH | O_CLOEXEC);
		if (fd < 0)
			continue;
		char place[64];
		snprintf(place, sizeof(place), "/proc/self/fd/%d", fd);
		ssize_t length = readlink(place, watch->last_folder, sizeof(watch->last_folder) - 1);
		close(fd);
		if (length > 0 && watch->last_folder[0] == '/') {
			watch->last_folder[length] = 0;
			watch->last_folder_length = (size_t)length;
			return true;
		}
	}
	return false;
}

/* key NUL pid NUL d|f NUL of one event */
static void add_event(struct watch *watch, const struct fanotify_event_metadata *event, struct text *out, bool first)
{
	const char *at = (const char *)event + event->metadata_len, *end = (const char *)event + event->event_len;
	while (at + sizeof(struct fanotify_event_info_header) <= end) {
		const struct fanotify_event_info_header *header = (const void *)at;
		if (header->len == 0 || at + header->len > end)
			return;
		at += header->len;
		if (header->info_type != FAN_EVENT_INFO_TYPE_DFID_NAME && header->info_type != FAN_EVENT_INFO_TYPE_DFID)
			continue;
		const struct fanotify_event_info_fid *info = (const void *)header;
		struct file_handle *handle = (struct file_handle *)info->handle;
		const char *name = (const char *)handle->f_handle + handle->handle_bytes;
		if (!find_folder(watch, &info->fsid, handle, first))
			return; /* the folder has gone; that is told of the folder above it */
		char path[4096 + 256 + 2];
		size_t length = watch->last_folder_length;
		memcpy(path, watch->last_folder, length + 1);
		if (header->info_type == FAN_EVENT_INFO_TYPE_DFID_NAME && name < at && strcmp(name, ".")) {
			if (length > 1)
				path[length++] = '/';
			size_t size = strnlen(name, 255);
			memcpy(path + length, name, size);
			path[length += size] = 0;
		}
		if (!is_covered(watch, path, length))
			return;
		text_escape(out, path, length);
		text_format(out, "%c%d%c%c", 0, event->pid, 0, event->mask & FAN_ONDIR ? 'd' : 'f');
		text_add(out, "", 1);
		return;
	}
}

static void hand_over(struct watch *watch, struct text text, uint32_t lost, bool last)
{
	struct handed *handed = calloc(1, sizeof(*handed));
	if (!handed) {
		free(text.bytes);
		return;
	}
	*handed = (struct handed){ .watch = watch, .text = text, .lost = lost, .last = last };
	atomic_fetch_add(&watch->handed, 1);
	if (napi_call_threadsafe_function(watch->deliver, handed, napi_tsfn_blocking) != napi_ok) {
		free(text.bytes);
		free(handed);
	}
}

static void *read_events(void *data)
{
	struct watch *watch = data;
	static _Thread_local char bytes[64 << 10] __attribute__((aligned(8)));
	while (!atomic_load(&watch->stopping)) {
		/* Nothing is read while much waits: the kernel counts what it cannot keep. */
		bool rest = atomic_load(&watch->handed) >= MOST_HANDED;
		struct pollfd waits[2] = { { .fd = watch->wake, .events = POLLIN }, { .fd = watch->fd, .events = POLLIN } };
		if (poll(waits, rest ? 1 : 2, rest ? 5 : -1) < 0 && errno != EINTR)
			break;
		if (rest || !(waits[1].revents & POLLIN))
			continue;
		ssize_t length = read(watch->fd, bytes, sizeof(bytes));
		if (length <= 0)
			continue;
		struct text out = { 0 };
		uint32_t lost = 0;
		bool first = true;
		const struct fanotify_event_metadata *event = (const void *)bytes;
		for (; FAN_EVENT_OK(event, length); event = FAN_EVENT_NEXT(event, length)) {
			if (event->mask & FAN_Q_OVERFLOW)
				lost++;
			else
				add_event(watch, event, &out, first);
			first = false;
		}
		if (out.failed)
			lost++;
		if (out.length || lost)
			hand_over(watch, out, lost, false);
		else
			free(out.bytes);
	}
	hand_over(watch, (struct text){ 0 }, 0, true);
	return NULL;
}

static void close_watch(struct watch *watch)
{
	for (size_t i = 0; i < watch->place_count; i++)
		close(watch->places[i].fd);
	watch->place_count = 0;
	if (watch->fd >= 0)
		close(watch->fd);
	if (watch->wake >= 0)
		close(watch->wake);
	watch->fd = watch->wake = -1;
}

static void free_watch(struct watch *watch)
{
	close_watch(watch);
	for (size_t i = 0; i < watch->covered_count; i++)
		free(watch->covered[i]);
	free(watch->covered);
	free(watch->last);
	free(watch);
}

static void deliver(napi_env env, napi_value function, void *context, void *data)
{
	struct handed *handed = data;
	struct watch *watch = handed->watch;
	atomic_fetch_sub(&watch->handed, 1);
	if (env && handed->last) {
		napi_value undefined;
		pthread_join(watch->thread, NULL);
		watch->running = false;
		close_watch(watch);
		napi_get_undefined(env, &undefined);
		napi_resolve_deferred(env, watch->stopped, undefined);
		napi_release_threadsafe_function(watch->deliver, napi_tsfn_release);
	} else if (env) {
		napi_value arguments[2], receiver;
		napi_get_undefined(env, &receiver);
		napi_create_buffer_copy(env, handed->text.length, handed->text.bytes ?: "", NULL, &arguments[0]);
		napi_create_uint32(env, handed->lost, &arguments[1]);
		napi_call_function(env, receiver, function, 2, arguments, NULL);
	}
	free(handed->text.bytes);
	free(handed);
}

static void wake_up(struct watch *watch)
{
	uint64_t one = 1;
	atomic_store(&watch->stopping, true);
	if (write(watch->wake, &one, sizeof(one)) < 0) {
		/* it is awake */
	}
}

/* The environment ends while the thread runs: the thread must not outlive it. */
static void environment_ends(void *data)
{
	struct watch *watch = data;
	if (!watch->running)
		return;
	wake_up(watch);
	pthread_join(watch->thread, NULL);
	watch->running = false;
}

static void finalize(napi_env env, void *data, void *hint)
{
	struct watch *watch = data;
	napi_remove_env_cleanup_hook(env, environment_ends, watch);
	if (!watch->running)
		free_watch(watch);
}

/* Marks the file system that a path is on; 0 or an errno. */
static int mark(struct watch *watch, const char *path)
{
	struct statfs status;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstatfs(fd, &status) < 0) {
		int error = errno;
		if (fd >= 0)
			close(fd);
		return error;
	}
	__kernel_fsid_t id;
	memcpy(&id, &status.f_fsid, sizeof(id));
	for (size_t i = 0; i < watch->place_count; i++)
		if (!memcmp(&watch->places[i].id, &id, sizeof(id))) {
			close(fd);
			return 0;
		}
	if (watch->place_count == MOST_PLACES) {
		close(fd);
		return ENOSPC;
	}
	if (fanotify_mark(watch->fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, CHANGES | FAN_ONDIR, fd, NULL) < 0) {
		int error = errno;
		close(fd);
		return error;
	}
	watch->places[watch->place_count++] = (struct place){ .fd = fd, .id = id };
	return 0;
}

/*
 * watchOpen(places: Buffer[], covered: Buffer[], onEvents: (Buffer, lost) => void): { watch, failed: string[] }
 * `failed` has the name of an errno, or an empty string, for each place.
 */
napi_value watch_open(napi_env env, napi_callback_info info)
{
	napi_value arguments[3], result, handle, failed, name;
	size_t count = 3, place_count = 0;
	napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
	struct watch *watch = calloc(1, sizeof(*watch));
	if (!watch)
		return throw(env, "out of memory");
	watch->wake = -1;
	watch->fd = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME | FAN_CLOEXEC | FAN_NONBLOCK,
				  O_RDONLY | O_LARGEFILE | O_CLOEXEC);
	if (watch->fd < 0) {
		napi_throw_error(env, strerrorname_np(errno), "fanotify with names cannot be used here");
		free(watch);
		return NULL;
	}
	char **places = string_list(env, arguments[0], &place_count);
	watch->covered = string_list(env, arguments[1], &watch->covered_count);
	napi_create_array(env, &failed);
	for (size_t i = 0; i < place_count; i++) {
		napi_value word;
		int error = mark(watch, places[i]);
		napi_create_string_utf8(env, error ? strerrorname_np(error) ?: "EIO" : "", NAPI_AUTO_LENGTH, &word);
		napi_set_element(env, failed, (uint32_t)i, word);
		free(places[i]);
	}
	free(places);
	watch->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	napi_create_string_utf8(env, "redoubt-watch", NAPI_AUTO_LENGTH, &name);
	if (watch->wake < 0 || napi_create_threadsafe_function(env, arguments[2], NULL, name, 0, 1, NULL, NULL, NULL, deliver,
							       &watch->deliver) != napi_ok) {
		free_watch(watch);
		return throw(env, "watchOpen(places, covered, onEvents) takes two lists of buffers and a function");
	}
	if (pthread_create(&watch->thread, NULL, read_events, watch)) {
		napi_release_threadsafe_function(watch->deliver, napi_tsfn_abort);
		free_watch(watch);
		return throw(env, "the watching thread cannot be started");
	}
	watch->running = true;
	/* After the threadsafe function, so that this hook runs before that one's. */
	napi_add_env_cleanup_hook(env, environment_ends, watch);
	napi_create_external(env, watch, finalize, NULL, &handle);
	napi_create_object(env, &result);
	napi_set_named_property(env, result, "watch", handle);
	napi_set_named_property(env, result, "failed", failed);
	return result;
}

/* watchStop(watch): Promise, once its last batch has been handed over */
napi_value watch_stop(napi_env env, napi_callback_info info)
{
	napi_value arguments[1], promise;
	size_t count = 1;
	void *data;
	napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
	if (napi_get_value_external(env, arguments[0], &data) != napi_ok)
		return throw(env, "watchStop(watch) takes a watch");
	struct watch *watch = data;
	if (!watch->running || atomic_load(&watch->stopping))
		return throw(env, "the watch has been stopped");
	napi_create_promise(env, &watch->stopped, &promise);
	wake_up(watch);
	return promise;
}
