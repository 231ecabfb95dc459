/* SPDX-License-Identifier: Apache-2.0 */
/* Opening below a root without following a link anywhere: what Node's open cannot do. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bindings.h"
#include "tree.h"

/* openBelow(root: number, path: Buffer, flags: number): file descriptor, or a negative errno. `root` is an open folder. */
napi_value open_below_js(napi_env env, napi_callback_info info)
{
	napi_value arguments[3], value;
	size_t count = 3, length;
	void *bytes;
	int32_t root, flags;
	napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
	if (napi_get_value_int32(env, arguments[0], &root) != napi_ok ||
	    napi_get_buffer_info(env, arguments[1], &bytes, &length) != napi_ok ||
	    napi_get_value_int32(env, arguments[2], &flags) != napi_ok)
		return throw(env, "openBelow(root, path, flags) takes a file descriptor, a buffer and a number");
	char *path = strndup(bytes, length);
	int fd = !path ? -ENOMEM : strlen(path) == length ? open_below(root, path, flags) : -EINVAL;
	free(path);
	napi_create_int32(env, fd, &value);
	return value;
}
