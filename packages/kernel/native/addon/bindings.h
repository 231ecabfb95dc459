/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the addon share. */
#ifndef REDOUBT_BINDINGS_H
#define REDOUBT_BINDINGS_H

#include "reader.h"

struct sensor {
	struct programs programs;
	struct reader reader;
	bool open;
};

/* Throws an Error in JavaScript; returns NULL for the caller to return. */
napi_value throw(napi_env env, const char *message);
/* Reads the arguments and the sensor that stands first among them; NULL, with an exception, when it is closed. */
struct sensor *sensor_argument(napi_env env, napi_callback_info info, napi_value *arguments, size_t count);

/* A list of buffers, each as a string of its own; NULL when it is none. */
char **string_list(napi_env env, napi_value array, size_t *count);

napi_value counters(napi_env env, napi_callback_info info);
napi_value status(napi_env env, napi_callback_info info);
napi_value set_ignored_pids(napi_env env, napi_callback_info info);
napi_value set_kinds_off(napi_env env, napi_callback_info info);
napi_value add_file(napi_env env, napi_callback_info info);
napi_value clocks(napi_env env, napi_callback_info info);
napi_value take_executable(napi_env env, napi_callback_info info);
napi_value trim(napi_env env, napi_callback_info info);
napi_value walk_open(napi_env env, napi_callback_info info);
napi_value walk_next(napi_env env, napi_callback_info info);
napi_value open_below_js(napi_env env, napi_callback_info info);
napi_value watch_open(napi_env env, napi_callback_info info);
napi_value watch_stop(napi_env env, napi_callback_info info);
napi_value recheck(napi_env env, napi_callback_info info);
napi_value measure(napi_env env, napi_callback_info info);
napi_value probe_pids(napi_env env, napi_callback_info info);
napi_value probe_ports(napi_env env, napi_callback_info info);
napi_value sockets_of(napi_env env, napi_callback_info info);
napi_value bpf_programs(napi_env env, napi_callback_info info);
napi_value bpf_links(napi_env env, napi_callback_info info);
napi_value list_tasks_js(napi_env env, napi_callback_info info);
napi_value list_attributes(napi_env env, napi_callback_info info);
napi_value get_attribute(napi_env env, napi_callback_info info);
napi_value set_attribute(napi_env env, napi_callback_info info);
napi_value remove_attribute(napi_env env, napi_callback_info info);
napi_value set_times(napi_env env, napi_callback_info info);
napi_value socket_pair(napi_env env, napi_callback_info info);
napi_value connect_unix(napi_env env, napi_callback_info info);
napi_value send_descriptor(napi_env env, napi_callback_info info);
napi_value receive_descriptor(napi_env env, napi_callback_info info);

#endif
