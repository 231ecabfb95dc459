/* SPDX-License-Identifier: Apache-2.0 */
/* The gate's functions for JavaScript; src/gate/native.ts gives them types. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bindings.h"
#include "gate.h"

/* Messages on their way to JavaScript; beyond them, execs are let through and writes go unjudged, counted. */
#define MESSAGES_MAX 1024

struct gate_handle {
	struct gate gate;
	bool open;
};

static void drop(struct gate_message *message)
{
	if (message->fd >= 0)
		close(message->fd);
	free(message);
}

bool gate_tell(struct gate *gate, struct gate_message *message)
{
	if (napi_call_threadsafe_function(gate->deliver, message, napi_tsfn_nonblocking) == napi_ok)
		return true;
	drop(message);
	return false;
}

static void set_number(napi_env env, napi_value object, const char *name, double value)
{
	napi_value number;
	napi_create_double(env, value, &number);
	napi_set_named_property(env, object, name, number);
}

/* Runs on the JavaScript thread. */
static void deliver(napi_env env, napi_value callback, void *context, void *data)
{
	struct gate_message *message = data;
	napi_value object, path, waits, global;
	if (env == NULL) {
		drop(message);
		return;
	}
	napi_create_object(env, &object);
	set_number(env, object, "type", message->type);
	set_number(env, object, "id", message->id);
	set_number(env, object, "fd", message->fd);
	set_number(env, object, "pid", message->pid);
	/* One character a byte: a path need not be UTF-8. */
	napi_create_string_latin1(env, message->path, NAPI_AUTO_LENGTH, &path);
	napi_set_named_property(env, object, "path", path);
	napi_get_boolean(env, message->waits, &waits);
	napi_set_named_property(env, object, "waits", waits);
	free(message);
	napi_get_global(env, &global);
	if (napi_call_function(env, global, callback, 1, &object, NULL) == napi_pending_exception) {
		napi_value exception;
		napi_get_and_clear_last_exception(env, &exception);
		napi_fatal_exception(env, exception);
	}
}

static void close_handle(struct gate_handle *handle)
{
	if (!handle->open)
		return;
	handle->open = false;
	gate_close(&handle->gate);
}

/* The environment goes away without gateClose(). */
static void environment_ends(void *data)
{
	close_handle(data);
}

static void finalize(napi_env env, void *data, void *hint)
{
	close_handle(data);
	free(data);
}

static struct gate_handle *handle_of(napi_env env, napi_callback_info info, napi_value *arguments, size_t count)
{
	struct gate_handle *handle = NULL;
	size_t given = count;
	if (napi_get_cb_info(env, info, &given, arguments, NULL, NULL) != napi_ok || given < count ||
	    napi_get_value_external(env, arguments[0], (void **)&handle) != napi_ok || !handle->open) {
		throw(env, "the gate is closed");
		return NULL;
	}
	return handle;
}

static napi_value failure(napi_env env, const char *what, int error)
{
	char text[200], code[24];
	snprintf(text, sizeof(text), "%s: %s", what, strerror(-error));
	snprintf(code, sizeof(code), "%d", -error);
	napi_throw_error(env, code, text);
	return NULL;
}

static bool boolean(napi_env env, napi_value value)
{
	bool result = false;
	napi_get_value_bool(env, value, &result);
	return result;
}

/* gateOpen(timeoutMs, cacheEntries, watchdog, onMessage): external */
static napi_value open_gate(napi_env env, napi_callback_info info)
{
	napi_value arguments[4], name, result;
	size_t count = 4;
	double timeout = 0, entries = 0;
	char watchdog[4096];
	napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
	if (count < 4 || napi_get_value_double(env, arguments[0], &timeout) != napi_ok ||
	    napi_get_value_double(env, arguments[1], &entries) != napi_ok ||
	    napi_get_value_string_utf8(env, arguments[2], watchdog, sizeof(watchdog), NULL) != napi_ok)
		return throw(env, "gateOpen(timeoutMs, cacheEntries, watchdog, onMessage): wrong arguments");
	struct gate_handle *handle = calloc(1, sizeof(*handle));
	if (!handle)
		return throw(env, "out of memory");
	struct gate *gate = &handle->gate;
	int error = gate_open(gate, (int64_t)timeout, (size_t)entries);
	if (!error)
		error = gate_watch(gate, watchdog);
	napi_create_string_utf8(env, "redoubt-gate", NAPI_AUTO_LENGTH, &name);
	if (!error && napi_create_threadsafe_function(env, arguments[3], NULL, name, MESSAGES_MAX, 1, NULL, NULL, gate,
						      deliver, &gate->deliver) != napi_ok)
		error = -22;
	if (!error)
		error = gate_start(gate);
	if (error) {
		if (gate->deliver)
			napi_release_threadsafe_function(gate->deliver, napi_tsfn_abort);
		gate_close(gate);
		free(handle);
		return failure(env, "the gate cannot be opened", error);
	}
	/* A gate alone keeps no process running. */
	napi_unref_threadsafe_function(env, gate->deliver);
	handle->open = true;
	napi_add_env_cleanup_hook(env, environment_ends, handle);
	napi_create_external(env, handle, finalize, NULL, &result);
	return result;
}

/* gateMark(gate, add, fileSystem, exec, write, path): 0 or a negative errno */
static napi_value mark(napi_env env, napi_callback_info info)
{
	napi_value arguments[6], result;
	char path[4096];
	struct gate_handle *handle = handle_of(env, info, arguments, 6);
	if (!handle)
		return NULL;
	if (napi_get_value_string_utf8(env, arguments[5], path, sizeof(path), NULL) != napi_ok)
		return throw(env, "gateMark: the path must be a string");
	int error = gate_mark(&handle->gate, boolean(env, arguments[1]), boolean(env, arguments[2]),
			      boolean(env, arguments[3]), boolean(env, arguments[4]), path);
	napi_create_int32(env, error, &result);
	return result;
}

/* gateAnswer(gate, id, fd, allow, remember) */
static napi_value answer(napi_env env, napi_callback_info info)
{
	napi_value arguments[5];
	uint32_t id = 0;
	int32_t fd = -1;
	struct gate_handle *handle = handle_of(env, info, arguments, 5);
	if (!handle)
		return NULL;
	napi_get_value_uint32(env, arguments[1], &id);
	napi_get_value_int32(env, arguments[2], &fd);
	gate_answer(&handle->gate, id, fd, boolean(env, arguments[3]), boolean(env, arguments[4]));
	return NULL;
}

/* gateForget(gate): every remembered verdict is void */
static napi_value forget(napi_env env, napi_callback_info info)
{
	napi_value arguments[1];
	struct gate_handle *handle = handle_of(env, info, arguments, 1);
	if (!handle)
		return NULL;
	pthread_mutex_lock(&handle->gate.lock);
	gate_cache_forget(&handle->gate.cache);
	pthread_mutex_unlock(&handle->gate.lock);
	return NULL;
}

/* gateEnforce(gate, enforces) */
static napi_value enforce(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	struct gate_handle *handle = handle_of(env, info, arguments, 2);
	if (handle)
		atomic_store(&handle->gate.enforces, boolean(env, arguments[1]));
	return NULL;
}

/* gateBypass(gate, [paths]) */
static napi_value bypass(napi_env env, napi_callback_info info)
{
	napi_value arguments[2], element;
	uint32_t length = 0;
	char path[4096];
	struct gate_handle *handle = handle_of(env, info, arguments, 2);
	if (!handle)
		return NULL;
	struct gate *gate = &handle->gate;
	if (napi_get_array_length(env, arguments[1], &length) != napi_ok || length > GATE_BYPASS_MAX)
		return throw(env, "at most 128 paths can be on the bypass list");
	pthread_mutex_lock(&gate->lock);
	for (int i = 0; i < gate->bypass_count; i++)
		free(gate->bypass[i]);
	gate->bypass_count = 0;
	for (uint32_t i = 0; i < length; i++) {
		napi_get_element(env, arguments[1], i, &element);
		char *copy = napi_get_value_string_utf8(env, element, path, sizeof(path), NULL) == napi_ok ?
			     strdup(path) : NULL;
		if (copy)
			gate->bypass[gate->bypass_count++] = copy;
	}
	pthread_mutex_unlock(&gate->lock);
	return NULL;
}

/* gateCounters(gate): Float64Array, in the order of enum gate_counter; then waiting, taken over, let through, evicted */
static napi_value gate_counters(napi_env env, napi_callback_info info)
{
	napi_value arguments[1], buffer, array;
	double *numbers;
	struct gate_handle *handle = handle_of(env, info, arguments, 1);
	if (!handle)
		return NULL;
	struct gate *gate = &handle->gate;
	size_t length = GATE_COUNTERS + 4;
	if (napi_create_arraybuffer(env, length * sizeof(double), (void **)&numbers, &buffer) != napi_ok)
		return throw(env, "out of memory");
	for (int i = 0; i < GATE_COUNTERS; i++)
		numbers[i] = (double)atomic_load(&gate->counters[i]);
	numbers[GATE_COUNTERS] = gate->waiting;
	numbers[GATE_COUNTERS + 1] = (double)atomic_load(&gate->shared->taken_over);
	numbers[GATE_COUNTERS + 2] = (double)atomic_load(&gate->shared->let_through);
	numbers[GATE_COUNTERS + 3] = (double)gate->cache.evicted;
	napi_create_typedarray(env, napi_float64_array, length, buffer, 0, &array);
	return array;
}

/* gateWatch(gate, watchdog): 0 or a negative errno; starts the watchdog anew */
static napi_value watch(napi_env env, napi_callback_info info)
{
	napi_value arguments[2], result;
	char program[4096];
	struct gate_handle *handle = handle_of(env, info, arguments, 2);
	if (!handle)
		return NULL;
	napi_get_value_string_utf8(env, arguments[1], program, sizeof(program), NULL);
	napi_create_int32(env, gate_watch(&handle->gate, program), &result);
	return result;
}

/* gateClose(gate): whoever waits is let through */
static napi_value close_gate(napi_env env, napi_callback_info info)
{
	napi_value arguments[1];
	struct gate_handle *handle = handle_of(env, info, arguments, 1);
	if (!handle)
		return NULL;
	napi_remove_env_cleanup_hook(env, environment_ends, handle);
	close_handle(handle);
	napi_release_threadsafe_function(handle->gate.deliver, napi_tsfn_abort);
	return NULL;
}

napi_value gate_register(napi_env env, napi_value exports)
{
	static const struct { const char *name; napi_callback function; } functions[] = {
		{ "gateOpen", open_gate }, { "gateMark", mark }, { "gateAnswer", answer }, { "gateForget", forget },
		{ "gateEnforce", enforce }, { "gateBypass", bypass }, { "gateCounters", gate_counters },
		{ "gateWatch", watch }, { "gateClose", close_gate },
	};
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		napi_value function;
		napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, NULL, &function);
		napi_set_named_property(env, exports, functions[i].name, function);
	}
	return exports;
}
