/* SPDX-License-Identifier: Apache-2.0 */
/* The functions that JavaScript calls. src/native.ts gives them types. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "bindings.h"
#include "gate.h"
#include "probe.h"

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
	held_clear(&sensor->reader.held);
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
	sensor->reader.programs = &sensor->programs;
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

/* taken(sensor): the last batch has been dealt with */
static napi_value taken(napi_env env, napi_callback_info info)
{
	napi_value arguments[1];
	struct sensor *sensor = sensor_argument(env, info, arguments, 1);
	if (sensor)
		reader_taken(&sensor->reader);
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

NAPI_MODULE_INIT()
{
	static const struct { const char *name; napi_callback function; } functions[] = {
		{ "open", open_sensor }, { "attach", attach }, { "start", start }, { "taken", taken },
		{ "flush", flush },
		{ "stop", stop }, { "counters", counters }, { "status", status }, { "probe", probe },
		{ "setIgnoredPids", set_ignored_pids }, { "setKindsOff", set_kinds_off }, { "addFile", add_file },
		{ "clocks", clocks },
		{ "takeExecutable", take_executable }, { "trim", trim },
		{ "walkOpen", walk_open }, { "walkNext", walk_next }, { "measure", measure }, { "recheck", recheck },
		{ "openBelow", open_below_js }, { "watchOpen", watch_open }, { "watchStop", watch_stop },
		{ "probePids", probe_pids }, { "probePorts", probe_ports }, { "socketsOf", sockets_of },
		{ "bpfPrograms", bpf_programs }, { "bpfLinks", bpf_links }, { "listTasks", list_tasks_js },
		{ "listAttributes", list_attributes }, { "getAttribute", get_attribute },
		{ "setAttribute", set_attribute }, { "removeAttribute", remove_attribute }, { "setTimes", set_times },
		{ "socketPair", socket_pair }, { "connectUnix", connect_unix },
		{ "sendDescriptor", send_descriptor },
		{ "receiveDescriptor", receive_descriptor },
	};
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		napi_value function;
		napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, NULL, &function);
		napi_set_named_property(env, exports, functions[i].name, function);
	}
	return gate_register(env, exports);
}
