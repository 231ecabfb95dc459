/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking whether entries still have the status they had: one fstatat for each. No folder is opened and no name read;
 * which names a folder has is told by its own status. An unchanged tree must cost a twentieth of hashing it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bindings.h"
#include "digest.h"
#include "tree.h"

/* Bytes of records that are compared at a time, at most. */
#define LONGEST (64 << 20)

struct recheck {
	int root, file;
	int64_t from;
	uint32_t length;
	char expected[65];
	bool as_signed;  /* the records are what the digest is of */
	struct text out; /* '=' or '!', then each folder that may have other names, with a NUL */
	napi_async_work work;
	napi_deferred deferred;
};

static char *read_records(const struct recheck *look)
{
	char *bytes = malloc((size_t)look->length + 1), digest[65];
	size_t done = 0;
	while (bytes && done < look->length) {
		ssize_t got = pread(look->file, bytes + done, look->length - done, look->from + (off_t)done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		done += (size_t)got;
	}
	if (bytes && done == look->length && sha256_hex(bytes, done, digest) && !strcmp(digest, look->expected)) {
		bytes[done] = 0;
		return bytes;
	}
	free(bytes);
	return NULL;
}

/* The status of what a key stands for as text; empty when there is none. */
static void status_of(int root, const char *key, struct text *path, struct text *now)
{
	struct stat status;
	const char *name = key[0] == '/' ? key + 1 : key;
	if (strchr(name, '\\')) {
		path->length = 0;
		text_add(path, name, strlen(name) + 1);
		if (path->failed)
			return;
		path->bytes[unescape(path->bytes, path->length - 1)] = 0;
		name = path->bytes;
	}
	now->length = 0;
	if (fstatat(root, name, &status, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (*name ? 0 : AT_EMPTY_PATH)) == 0)
		text_stat(now, &status);
	else
		text_add(now, "", 1);
}

/* Records: key NUL status NUL; a '+' before the status of a folder whose names its status does not tell. */
static void execute(napi_env env, void *data)
{
	struct recheck *look = data;
	struct text path = { 0 }, now = { 0 };
	char *records = read_records(look);
	look->as_signed = records != NULL;
	text_add(&look->out, "=", 1);
	for (char *at = records, *end = records + look->length; records && at < end;) {
		const char *key = at, *before = at + strlen(at) + 1;
		if (before >= end)
			break; /* a record without an end is not made */
		at = (char *)before + strlen(before) + 1;
		bool is_vague = *before == '+';
		before += is_vague;
		status_of(look->root, key, &path, &now);
		if (path.failed || now.failed || look->out.failed) {
			look->out.failed = true;
			break;
		}
		bool is_same = !strcmp(now.bytes, before);
		if (!is_same)
			look->out.bytes[0] = '!';
		if (is_vague || (!is_same && (*before == 'd' || now.bytes[0] == 'd')))
			text_add(&look->out, key, strlen(key) + 1);
	}
	free(records);
	free(path.bytes);
	free(now.bytes);
}

static void complete(napi_env env, napi_status result, void *data)
{
	struct recheck *look = data;
	napi_value value, message;
	napi_delete_async_work(env, look->work);
	bool made = !look->out.failed &&
		    (look->as_signed ? napi_create_buffer_copy(env, look->out.length, look->out.bytes, NULL, &value)
				     : napi_get_boolean(env, false, &value)) == napi_ok;
	if (made) {
		napi_resolve_deferred(env, look->deferred, value);
	} else {
		napi_create_string_utf8(env, "out of memory while comparing", NAPI_AUTO_LENGTH, &message);
		napi_create_error(env, NULL, message, &value);
		napi_reject_deferred(env, look->deferred, value);
	}
	free(look->out.bytes);
	free(look);
}

/* recheck(root: fd, file: fd, from: number, length: number, sha256: string): Promise<Buffer | false>, see tree.ts. */
napi_value recheck(napi_env env, napi_callback_info info)
{
	napi_value arguments[5], promise, name;
	size_t count = 5, length;
	struct recheck given = { 0 }, *look;
	napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
	if (napi_get_value_int32(env, arguments[0], &given.root) != napi_ok ||
	    napi_get_value_int32(env, arguments[1], &given.file) != napi_ok ||
	    napi_get_value_int64(env, arguments[2], &given.from) != napi_ok ||
	    napi_get_value_uint32(env, arguments[3], &given.length) != napi_ok || given.length > LONGEST ||
	    napi_get_value_string_utf8(env, arguments[4], given.expected, sizeof(given.expected), &length) != napi_ok)
		return throw(env, "recheck(root, file, from, length, sha256) takes descriptors, a place and a digest");
	look = malloc(sizeof(*look));
	if (!look)
		return throw(env, "out of memory");
	*look = given;
	napi_create_promise(env, &look->deferred, &promise);
	napi_create_string_utf8(env, "redoubt-recheck", NAPI_AUTO_LENGTH, &name);
	napi_create_async_work(env, NULL, name, execute, complete, look, &look->work);
	napi_queue_async_work(env, look->work);
	return promise;
}
