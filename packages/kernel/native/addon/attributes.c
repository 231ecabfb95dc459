/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attributes of an open file that Node does not reach: extended attributes, which hold ACLs, capabilities and labels
 * too (xattr(7)), and times to the nanosecond (utimensat(2)).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include "bindings.h"

/* Limits of the kernel (linux/limits.h): XATTR_LIST_MAX and XATTR_SIZE_MAX. */
#define LIST_MAX 65536
#define VALUE_MAX 65536
#define NAME_MAX_BYTES 256

static napi_value throw_errno(napi_env env, const char *what)
{
	char text[512];
	snprintf(text, sizeof(text), "%s: %s", what, strerror(errno));
	return throw(env, text);
}

/* Reads the descriptor and, when name is not NULL, the attribute's name. */
static bool read_arguments(napi_env env, napi_value *arguments, int32_t *fd, char *name)
{
	size_t length;
	if (napi_get_value_int32(env, arguments[0], fd) != napi_ok)
		return false;
	if (name == NULL)
		return true;
	return napi_get_value_string_utf8(env, arguments[1], name, NAME_MAX_BYTES, &length) == napi_ok &&
	       length < NAME_MAX_BYTES - 1;
}

/* listAttributes(fd): string[] */
napi_value list_attributes(napi_env env, napi_callback_info info)
{
	napi_value arguments[1], list, name;
	size_t count = 1;
	int32_t fd;
	napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
	if (!read_arguments(env, arguments, &fd, NULL))
		return throw(env, "a file descriptor is needed");
	char *names = malloc(LIST_MAX);
	if (!names)
		return throw(env, "no memory");
	ssize_t size = flistxattr(fd, names, LIST_MAX);
	/* File systems without attributes have none. */
	if (size < 0 && errno == ENOTSUP)
		size = 0;
	if (size < 0) {
		free(names);
		return throw_errno(env, "flistxattr");
	}
	napi_create_array(env, &list);
	uint32_t index = 0;
	for (ssize_t at = 0; at < size; at += (ssize_t)strlen(names + at) + 1) {
		napi_create_string_utf8(env, names + at, NAPI_AUTO_LENGTH, &name);
		napi_set_element(env, list, index++, name);
	}
	free(names);
	return list;
}

/* getAttribute(fd, name): ArrayBuffer */
napi_value get_attribute(napi_env env, napi_callback_info info)
{
	napi_value arguments[2], result;
	size_t count = 2;
	int32_t fd;
	char name[NAME_MAX_BYTES];
	void *bytes;
	napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
	if (!read_arguments(env, arguments, &fd, name))
		return throw(env, "a file descriptor and a name are needed");
	void *value = malloc(VALUE_MAX);
	if (!value)
		return throw(env, "no memory");
	ssize_t size = fgetxattr(fd, name, value, VALUE_MAX);
	if (size < 0) {
		free(value);
		return throw_errno(env, "fgetxattr");
	}
	if (napi_create_arraybuffer(env, (size_t)size, &bytes, &result) == napi_ok && size > 0)
		memcpy(bytes, value, (size_t)size);
	free(value);
	return result;
}

/* setAttribute(fd, name, Uint8Array) */
napi_value set_attribute(napi_env env, napi_callback_info info)
{
	napi_value arguments[3];
	size_t count = 3, size;
	int32_t fd;
	char name[NAME_MAX_BYTES];
	void *bytes;
	napi_typedarray_type type;
	napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
	if (!read_arguments(env, arguments, &fd, name) ||
	    napi_get_typedarray_info(env, arguments[2], &type, &size, &bytes, NULL, NULL) != napi_ok ||
	    type != napi_uint8_array)
		return throw(env, "a file descriptor, a name and bytes are needed");
	if (fsetxattr(fd, name, bytes, size, 0) < 0)
		return throw_errno(env, "fsetxattr");
	return NULL;
}

/* removeAttribute(fd, name) */
napi_value remove_attribute(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	size_t count = 2;
	int32_t fd;
	char name[NAME_MAX_BYTES];
	napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
	if (!read_arguments(env, arguments, &fd, name))
		return throw(env, "a file descriptor and a name are needed");
	if (fremovexattr(fd, name) < 0)
		return throw_errno(env, "fremovexattr");
	return NULL;
}

static bool read_time(napi_env env, napi_value value, struct timespec *time)
{
	int64_t nanoseconds;
	bool lossless;
	if (napi_get_value_bigint_int64(env, value, &nanoseconds, &lossless) != napi_ok || !lossless)
		return false;
	time->tv_sec = nanoseconds / 1000000000;
	time->tv_nsec = nanoseconds % 1000000000;
	if (time->tv_nsec < 0) {
		time->tv_sec--;
		time->tv_nsec += 1000000000;
	}
	return true;
}

/* setTimes(fd, accessed, modified): nanoseconds since the Unix epoch, as bigint */
napi_value set_times(napi_env env, napi_callback_info info)
{
	napi_value arguments[3];
	size_t count = 3;
	int32_t fd;
	struct timespec times[2];
	napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
	if (!read_arguments(env, arguments, &fd, NULL) || !read_time(env, arguments[1], &times[0]) ||
	    !read_time(env, arguments[2], &times[1]))
		return throw(env, "a file descriptor and two times are needed");
	if (futimens(fd, times) < 0)
		return throw_errno(env, "futimens");
	return NULL;
}
