/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the task iterator of bpf/tasks.bpf.c once and hands over what it has listed. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "bindings.h"
#include "sensor.h"

extern const char redoubt_tasks_start[], redoubt_tasks_end[];

#define PIDS_MAX (1u << 22)

/* Reads what the iterator writes: 32-bit process ids. Their number, or a negative errno. */
static ssize_t read_all(int fd, uint32_t **pids)
{
	size_t size = 0, space = 0;
	*pids = NULL;
	for (;;) {
		if (space - size < 65536) {
			space = space ? space * 2 : 131072;
			void *more = space <= PIDS_MAX * sizeof(uint32_t) ? realloc(*pids, space) : NULL;
			if (!more)
				return -ENOMEM;
			*pids = more;
		}
		ssize_t length = read(fd, (char *)*pids + size, space - size);
		if (length < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (length < 0)
			return -errno;
		if (length == 0)
			return (ssize_t)(size / sizeof(uint32_t));
		size += (size_t)length;
	}
}

static ssize_t list_tasks(uint32_t **pids)
{
	*pids = NULL;
	struct bpf_object *object =
		bpf_object__open_mem(redoubt_tasks_start, (size_t)(redoubt_tasks_end - redoubt_tasks_start), NULL);
	if (!object)
		return -errno;
	ssize_t result = bpf_object__load(object);
	if (!result) {
		struct bpf_program *program = bpf_object__find_program_by_name(object, "list_tasks");
		struct bpf_link *link = program ? bpf_program__attach_iter(program, NULL) : NULL;
		int fd = link ? bpf_iter_create(bpf_link__fd(link)) : -1;
		result = fd < 0 ? -errno : read_all(fd, pids);
		if (fd >= 0)
			close(fd);
		bpf_link__destroy(link);
	}
	bpf_object__close(object);
	return result;
}

/* listTasks(): Uint32Array of process ids in the first pid namespace; throws where the kernel has no iterators. */
napi_value list_tasks_js(napi_env env, napi_callback_info info)
{
	napi_value buffer, array;
	sigset_t before;
	uint32_t *pids;
	libbpf_set_print(NULL);
	signals_hold(&before);
	ssize_t count = list_tasks(&pids);
	signals_release(&before);
	if (count < 0) {
		free(pids);
		napi_throw_error(env, count == -EPERM ? "EPERM" : "EITER", strerror((int)-count));
		return NULL;
	}
	void *bytes = NULL;
	if (napi_create_arraybuffer(env, (size_t)count * sizeof(*pids), &bytes, &buffer) != napi_ok) {
		free(pids);
		return throw(env, "out of memory");
	}
	if (count > 0)
		memcpy(bytes, pids, (size_t)count * sizeof(*pids));
	free(pids);
	napi_create_typedarray(env, napi_uint32_array, (size_t)count, buffer, 0, &array);
	return array;
}
