/* SPDX-License-Identifier: Apache-2.0 */
/* The functions that JavaScript calls. src/native.ts gives them types. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "probe.h"
#include "reader.h"

struct sensor {
	struct programs programs;
	struct reader reader;
	bool open;
};

static napi_value throw(napi_env env, const char *message)
{
	napi_throw_error(env, NULL, message);
	return NULL;
}

static void free_bytes(napi_env env, void *bytes, void *hint)
{
	free(bytes);
}

static void close_sensor(struct sensor *sensor)
{
	if (!sensor->open)
		return;
	sensor->open = false;
	programs_close(&sensor->programs);
	ring_unmap(&sensor->reader.ring);
	close(sensor->reader.wake_fd);
}

/* Reads the arguments and the sensor that stands first among them. */
static struct sensor *sensor_argument(napi_env env, napi_callback_info info, napi_value *arguments, size_t count)
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

/* The environment (a worker, the process) goes away without stop(). */
static void environment_ends(void *data)
{
	struct sensor *sensor = data;
	reader_abandon(&sensor->reader);
	close_sensor(sensor);
}

/* Runs on the JavaScript thread, once for each message of the reader. */
static void deliver(napi_env env, napi_value callback, void *context, void *data)
{
	struct message *message = data;
	struct reader *reader = message->reader;
	napi_value value;
	if (env == NULL) { /* the environment is going away */
		free(message->bytes);
		free(message);
		return;
	}
	if (message->type == MESSAGE_BATCH) {
		napi_value global;
		atomic_fetch_sub(&reader->queued, message->size);
		if (napi_create_external_arraybuffer(env, message->bytes, message->size, free_bytes, NULL, &value) ==
		    napi_ok) {
			napi_get_global(env, &global);
			if (napi_call_function(env, global, callback, 1, &value, NULL) == napi_pending_exception) {
				/* As any exception that nobody catches. */
				napi_value exception;
				napi_get_and_clear_last_exception(env, &exception);
				napi_fatal_exception(env, exception);
			}
		} else {
			free(message->bytes);
		}
	} else {
		if (message->type == MESSAGE_STOPPED) {
			struct sensor *sensor = context;
			pthread_join(reader->thread, NULL);
			reader->running = false;
			napi_remove_env_cleanup_hook(env, environment_ends, sensor);
			napi_release_threadsafe_function(reader->deliver, napi_tsfn_release);
			close_sensor(sensor);
		}
		napi_get_undefined(env, &value);
		napi_resolve_deferred(env, message->deferred, value);
	}
	free(message);
}

static void finalize_sensor(napi_env env, void *data, void *hint)
{
	struct sensor *sensor = data;
	if (sensor->reader.running)
		return; /* its thread still needs it; environment_ends takes care */
	close_sensor(sensor);
	free(sensor);
}

/* open(ringBytes, queueBytes): external */
static napi_value open_sensor(napi_env env, napi_callback_info info)
{
	napi_value arguments[2], handle;
	size_t count = 2;
	double ring_bytes = 0, queue_bytes = 0;
	napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
	if (napi_get_value_double(env, arguments[0], &ring_bytes) != napi_ok ||
	    napi_get_value_double(env, arguments[1], &queue_bytes) != napi_ok)
		return throw(env, "open(ringBytes, queueBytes) takes two numbers");

	struct sensor *sensor = calloc(1, sizeof(*sensor));
	if (!sensor)
		return throw(env, "out of memory");
	char error[512];
	int result = programs_open(&sensor->programs, (size_t)ring_bytes, error, sizeof(error));
	if (result) {
		free(sensor);
		napi_throw_error(env, result == -EPERM ? "EPERM" : "ELOAD", error);
		return NULL;
	}
	result = ring_map(&sensor->reader.ring, sensor->programs.ring_fd, (size_t)ring_bytes);
	if (result) {
		programs_close(&sensor->programs);
		free(sensor);
		return throw(env, "the ring buffer cannot be mapped");
	}
	sensor->reader.queue_limit = (size_t)queue_bytes;
	sensor->reader.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	sensor->open = true;
	napi_create_external(env, sensor, finalize_sensor, NULL, &handle);
	return handle;
}

/* attach(sensor) */
static napi_value attach(napi_env env, napi_callback_info info)
{
	napi_value arguments[1];
	struct sensor *sensor = sensor_argument(env, info, arguments, 1);
	if (sensor)
		programs_attach(&sensor->programs);
	return NULL;
}

/* start(sensor, onBatch) */
static napi_value start(napi_env env, napi_callback_info info)
{
	napi_value arguments[2], name;
	struct sensor *sensor = sensor_argument(env, info, arguments, 2);
	if (!sensor)
		return NULL;
	if (sensor->reader.running)
		return throw(env, "the kernel sensor has been started");
	napi_create_string_utf8(env, "redoubt-kernel", NAPI_AUTO_LENGTH, &name);
	if (napi_create_threadsafe_function(env, arguments[1], NULL, name, 0, 1, NULL, NULL, sensor, deliver,
					    &sensor->reader.deliver) != napi_ok)
		return throw(env, "onBatch must be a function");
	if (reader_start(&sensor->reader))
		return throw(env, "the reading thread cannot be started");
	/* After the threadsafe function, so that this hook runs before that one's. */
	napi_add_env_cleanup_hook(env, environment_ends, sensor);
	return NULL;
}

static struct message *promise_message(napi_env env, struct sensor *sensor, enum message_type type, napi_value *promise)
{
	struct message *message = calloc(1, sizeof(*message));
	if (!message)
		return NULL;
	message->type = type;
	message->reader = &sensor->reader;
	napi_create_promise(env, &message->deferred, promise);
	return message;
}

/* flush(sensor): Promise */
static napi_value flush(napi_env env, napi_callback_info info)
{
	napi_value arguments[1], promise = NULL;
	struct sensor *sensor = sensor_argument(env, info, arguments, 1);
	if (!sensor)
		return NULL;
	struct message *message = promise_message(env, sensor, MESSAGE_FLUSHED, &promise);
	if (!message || !sensor->reader.running || atomic_load(&sensor->reader.stopping) ||
	    !reader_flush(&sensor->reader, message))
		return throw(env, "the kernel sensor cannot flush: not started, stopping, or too many flushes wait");
	return promise;
}

/* stop(sensor): Promise */
static napi_value stop(napi_env env, napi_callback_info info)
{
	napi_value arguments[1], promise = NULL, undefined;
	struct sensor *sensor = sensor_argument(env, info, arguments, 1);
	if (!sensor)
		return NULL;
	if (atomic_load(&sensor->reader.stopping))
		return throw(env, "the kernel sensor is stopping already");
	programs_detach(&sensor->programs);
	struct message *message = promise_message(env, sensor, MESSAGE_STOPPED, &promise);
	if (!message)
		return throw(env, "out of memory");
	if (sensor->reader.running) {
		reader_stop(&sensor->reader, message);
		return promise;
	}
	close_sensor(sensor);
	napi_get_undefined(env, &undefined);
	napi_resolve_deferred(env, message->deferred, undefined);
	free(message);
	return promise;
}

/* counters(sensor): Float64Array of [kind][cpu][recorded, lost] */
static napi_value counters(napi_env env, napi_callback_info info)
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

static double misses_of(const struct hook *hook)
{
	struct bpf_prog_info details = { 0 };
	__u32 size = sizeof(details);
	if (hook->program_fd < 0 || bpf_obj_get_info_by_fd(hook->program_fd, &details, &size))
		return 0;
	return (double)details.recursion_misses;
}

/* status(sensor): object, see src/native.ts */
static napi_value status(napi_env env, napi_callback_info info)
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
		set_number(env, object, "missed", misses_of(hook));
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
static napi_value set_ignored_pids(napi_env env, napi_callback_info info)
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
static napi_value set_kinds_off(napi_env env, napi_callback_info info)
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
static napi_value add_file(napi_env env, napi_callback_info info)
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

NAPI_MODULE_INIT()
{
	static const struct { const char *name; napi_callback function; } functions[] = {
		{ "open", open_sensor }, { "attach", attach }, { "start", start }, { "flush", flush },
		{ "stop", stop }, { "counters", counters }, { "status", status }, { "probe", probe },
		{ "setIgnoredPids", set_ignored_pids }, { "setKindsOff", set_kinds_off }, { "addFile", add_file },
	};
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		napi_value function;
		napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, NULL, &function);
		napi_set_named_property(env, exports, functions[i].name, function);
	}
	return exports;
}
