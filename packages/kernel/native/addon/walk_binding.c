/* SPDX-License-Identifier: Apache-2.0 */
/* Walks as JavaScript sees them: opened, then asked for one batch after the other, each in a thread of the pool. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include "bindings.h"
#include "walk.h"

static void execute(napi_env env, void *data)
{
	walk_batch(data);
}

static void complete(napi_env env, napi_status result, void *data)
{
	struct walk *walk = data;
	napi_value value;
	napi_delete_async_work(env, walk->work);
	walk->busy = false;
	bool made = !walk->out.failed && napi_create_buffer_copy(env, walk->out.length, walk->out.bytes ?: "", NULL,
								 &value) == napi_ok;
	if (!made) {
		napi_value message;
		napi_create_string_utf8(env, "out of memory while walking", NAPI_AUTO_LENGTH, &message);
		napi_create_error(env, NULL, message, &value);
		napi_reject_deferred(env, walk->deferred, value);
	} else {
		napi_resolve_deferred(env, walk->deferred, value);
	}
	if (walk->closed)
		walk_free(walk);
}

static void finalize(napi_env env, void *data, void *hint)
{
	struct walk *walk = data;
	walk->closed = true;
	if (!walk->busy)
		walk_free(walk);
}

char **string_list(napi_env env, napi_value array, size_t *count)
{
	uint32_t length = 0;
	if (napi_get_array_length(env, array, &length) != napi_ok)
		return NULL;
	char **list = calloc(length + 1, sizeof(char *));
	for (uint32_t i = 0; list && i < length; i++) {
		napi_value value;
		void *bytes;
		size_t size;
		napi_get_element(env, array, i, &value);
		if (napi_get_buffer_info(env, value, &bytes, &size) != napi_ok || !(list[i] = strndup(bytes, size)))
			break;
		*count = i + 1;
	}
	return list;
}

/* walkOpen(root: string, starts: Buffer[], pruned: Buffer[], after: Buffer): external. Paths below the root without a
 * slash in front; the pruned ones sorted by bytes; a key that the walk begins after, empty for none. */
napi_value walk_open(napi_env env, napi_callback_info info)
{
	napi_value arguments[4], handle;
	size_t count = 4, length, after_length;
	char root[4096];
	void *after;
	napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
	if (napi_get_value_string_utf8(env, arguments[0], root, sizeof(root), &length) != napi_ok ||
	    napi_get_buffer_info(env, arguments[3], &after, &after_length) != napi_ok)
		return throw(env, "walkOpen(root, starts, pruned, after) takes a path and a key");
	struct walk *walk = calloc(1, sizeof(*walk));
	if (walk) {
		walk->piece = malloc(NAMES_PIECE);
		walk->after = after_length ? strndup(after, after_length) : NULL;
	}
	if (!walk || !walk->piece || (after_length && !walk->after)) {
		if (walk) {
			walk->root = -1;
			walk_free(walk);
		}
		return throw(env, "out of memory");
	}
	walk->root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (walk->root < 0) {
		walk_free(walk);
		napi_throw_error(env, strerrorname_np(errno), "the root cannot be opened");
		return NULL;
	}
	walk->starts = string_list(env, arguments[1], &walk->start_count);
	walk->pruned = string_list(env, arguments[2], &walk->pruned_count);
	napi_create_external(env, walk, finalize, NULL, &handle);
	return handle;
}

/* walkNext(walk, most): Promise<Buffer> of key NUL stat NUL, empty at the end. One call at a time. */
napi_value walk_next(napi_env env, napi_callback_info info)
{
	napi_value arguments[2], promise, name;
	size_t count = 2;
	void *data;
	uint32_t wanted;
	napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
	if (napi_get_value_external(env, arguments[0], &data) != napi_ok ||
	    napi_get_value_uint32(env, arguments[1], &wanted) != napi_ok)
		return throw(env, "walkNext(walk, count) takes a walk and a number");
	struct walk *walk = data;
	if (walk->busy)
		return throw(env, "the walk is under way");
	walk->busy = true;
	walk->wanted = wanted;
	napi_create_promise(env, &walk->deferred, &promise);
	napi_create_string_utf8(env, "redoubt-walk", NAPI_AUTO_LENGTH, &name);
	napi_create_async_work(env, NULL, name, execute, complete, walk, &walk->work);
	napi_queue_async_work(env, walk->work);
	return promise;
}
