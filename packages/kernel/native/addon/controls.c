/* SPDX-License-Identifier: Apache-2.0 */
/* What JavaScript reads from a running sensor, and the filters that it sets. */
#include <bpf/bpf.h>
#include <stdlib.h>
#include <string.h>
#include "bindings.h"

napi_value throw(napi_env env, const char *message)
{
	napi_throw_error(env, NULL, message);
	return NULL;
}

struct sensor *sensor_argument(napi_env env, napi_callback_info info, napi_value *arguments, size_t count)
{
	struct sensor *sensor = NULL;
	size_t given = count;
	if (napi_get_cb_info(env, info, &given, arguments, NULL, NULL) != napi_ok || given < count ||
	    napi_get_value_external(env, arguments[0], (void **)&sensor) != napi_ok || !sensor->open) {
		throw(env, "the kernel sensor is closed");
		return NULL;
	}
	return sensor;
}

/* counters(sensor): Float64Array of [kind][cpu][recorded, lost] */
napi_value counters(napi_env env, napi_callback_info info)
{
	napi_value arguments[1], buffer, array;
	struct sensor *sensor = sensor_argument(env, info, arguments, 1);
	if (!sensor)
		return NULL;
	int cpus = sensor->programs.cpus;
	struct counter *values = calloc((size_t)cpus, sizeof(*values));
	double *numbers;
	size_t length = (size_t)KIND_COUNT * (size_t)cpus * 2;
	if (!values || napi_create_arraybuffer(env, length * sizeof(double), (void **)&numbers, &buffer) != napi_ok) {
		free(values);
		return throw(env, "out of memory");
	}
	memset(numbers, 0, length * sizeof(double));
	for (__u32 kind = 0; kind < KIND_COUNT; kind++) {
		if (bpf_map_lookup_elem(sensor->programs.counters_fd, &kind, values))
			continue;
		for (int cpu = 0; cpu < cpus; cpu++) {
			numbers[(kind * (__u32)cpus + (__u32)cpu) * 2] = (double)values[cpu].recorded;
			numbers[(kind * (__u32)cpus + (__u32)cpu) * 2 + 1] = (double)values[cpu].lost;
		}
	}
	free(values);
	napi_create_typedarray(env, napi_float64_array, length, buffer, 0, &array);
	return array;
}

static void set_number(napi_env env, napi_value object, const char *name, double value)
{
	napi_value number;
	napi_create_double(env, value, &number);
	napi_set_named_property(env, object, name, number);
}

static void set_text(napi_env env, napi_value object, const char *name, const char *value)
{
	napi_value text;
	napi_create_string_utf8(env, value, NAPI_AUTO_LENGTH, &text);
	napi_set_named_property(env, object, name, text);
}

/* The kernel's own figures of a program; zeros when it is not loaded. */
static struct bpf_prog_info details_of(const struct hook *hook)
{
	struct bpf_prog_info details = { 0 };
	__u32 size = sizeof(details);
	if (hook->program_fd >= 0 && bpf_obj_get_info_by_fd(hook->program_fd, &details, &size))
		memset(&details, 0, sizeof(details));
	return details;
}

/* status(sensor): object, see src/native.ts */
napi_value status(napi_env env, napi_callback_info info)
{
	napi_value arguments[1], result, hooks;
	struct sensor *sensor = sensor_argument(env, info, arguments, 1);
	if (!sensor)
		return NULL;
	napi_create_object(env, &result);
	napi_create_array(env, &hooks);
	for (int i = 0; i < sensor->programs.hook_count; i++) {
		const struct hook *hook = &sensor->programs.hooks[i];
		napi_value object, attached;
		napi_create_object(env, &object);
		set_text(env, object, "name", hook->name);
		napi_get_boolean(env, hook->attached, &attached);
		napi_set_named_property(env, object, "attached", attached);
		set_text(env, object, "reason", hook->reason);
		const struct bpf_prog_info details = details_of(hook);
		set_number(env, object, "missed", (double)details.recursion_misses);
		set_number(env, object, "runs", (double)details.run_cnt);
		set_number(env, object, "nanoseconds", (double)details.run_time_ns);
		napi_set_element(env, hooks, (__u32)i, object);
	}
	napi_set_named_property(env, result, "hooks", hooks);
	set_number(env, result, "ringUsed", (double)ring_used(&sensor->reader.ring));
	set_number(env, result, "ringSize", (double)sensor->reader.ring.size);
	set_number(env, result, "batches", (double)atomic_load(&sensor->reader.batches));
	set_number(env, result, "bytes", (double)atomic_load(&sensor->reader.bytes));
	set_number(env, result, "queued", (double)atomic_load(&sensor->reader.queued));
	set_number(env, result, "stalls", (double)atomic_load(&sensor->reader.stalls));
	return result;
}

/* setIgnoredPids(sensor, Uint32Array) */
napi_value set_ignored_pids(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	size_t length = 0;
	__u32 *pids = NULL;
	struct sensor *sensor = sensor_argument(env, info, arguments, 2);
	if (!sensor)
		return NULL;
	if (napi_get_typedarray_info(env, arguments[1], NULL, &length, (void **)&pids, NULL, NULL) != napi_ok ||
	    length > IGNORED_PIDS)
		return throw(env, "at most 8 processes can be ignored");
	for (size_t i = 0; i < IGNORED_PIDS; i++)
		sensor->programs.settings->ignored_pids[i] = i < length ? pids[i] : 0;
	return NULL;
}

/* setKindsOff(sensor, Uint8Array of 64) */
napi_value set_kinds_off(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	size_t length = 0;
	__u8 *kinds = NULL;
	struct sensor *sensor = sensor_argument(env, info, arguments, 2);
	if (!sensor)
		return NULL;
	if (napi_get_typedarray_info(env, arguments[1], NULL, &length, (void **)&kinds, NULL, NULL) != napi_ok ||
	    length != KIND_SLOTS)
		return throw(env, "setKindsOff takes 64 bytes");
	memcpy(sensor->programs.settings->kinds_off, kinds, KIND_SLOTS);
	return NULL;
}

/* addFile(sensor, 0 watched read | 1 ignored directory, inode: bigint, device: number) */
napi_value add_file(napi_env env, napi_callback_info info)
{
	napi_value arguments[4];
	bool lossless;
	__u32 list = 0, one = 1;
	struct file_key key = { 0 };
	struct sensor *sensor = sensor_argument(env, info, arguments, 4);
	if (!sensor)
		return NULL;
	uint64_t inode = 0;
	if (napi_get_value_uint32(env, arguments[1], &list) != napi_ok ||
	    napi_get_value_bigint_uint64(env, arguments[2], &inode, &lossless) != napi_ok ||
	    napi_get_value_uint32(env, arguments[3], &key.device) != napi_ok)
		return throw(env, "addFile(sensor, list, inode, device): wrong arguments");
	key.inode = inode;
	struct programs *programs = &sensor->programs;
	if (bpf_map_update_elem(list ? programs->ignored_directories_fd : programs->watched_fd, &key, &one, 0))
		return throw(env, "the list of files is full (65536)");
	if (list)
		programs->settings->ignored_directory_count++;
	else
		programs->settings->watched_count++;
	return NULL;
}

/* takeExecutable(sensor, pid: number, inode: bigint): descriptor, or -1 */
napi_value take_executable(napi_env env, napi_callback_info info)
{
	napi_value arguments[3], descriptor;
	bool lossless;
	__u32 pid = 0;
	uint64_t inode = 0;
	struct sensor *sensor = sensor_argument(env, info, arguments, 3);
	if (!sensor)
		return NULL;
	if (napi_get_value_uint32(env, arguments[1], &pid) != napi_ok ||
	    napi_get_value_bigint_uint64(env, arguments[2], &inode, &lossless) != napi_ok)
		return throw(env, "takeExecutable(sensor, pid, inode): wrong arguments");
	napi_create_int32(env, held_take(&sensor->reader.held, pid, inode), &descriptor);
	return descriptor;
}
