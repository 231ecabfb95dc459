/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REDOUBT_PROBE_H
#define REDOUBT_PROBE_H

#include <node_api.h>

/* probe(): what this kernel really loads and attaches, tried out. */
napi_value probe(napi_env env, napi_callback_info info);

#endif
