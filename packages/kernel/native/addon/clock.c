/* SPDX-License-Identifier: Apache-2.0 */
/* CLOCK_BOOTTIME, in which records tell times, beside the wall clock. JavaScript can read only the latter exactly. */
#include <time.h>
#include "bindings.h"

#define READINGS 5

static double milliseconds(clockid_t clock)
{
	struct timespec time;
	clock_gettime(clock, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* clocks(): Float64Array of [realtime before, boottime, realtime after] in milliseconds */
napi_value clocks(napi_env env, napi_callback_info info)
{
	napi_value buffer, array;
	double *best;
	if (napi_create_arraybuffer(env, 3 * sizeof(double), (void **)&best, &buffer) != napi_ok)
		return throw(env, "out of memory");
	/* The thread can be interrupted between two readings: the tightest of some is kept. */
	for (int i = 0; i < READINGS; i++) {
		double before = milliseconds(CLOCK_REALTIME);
		double boot = milliseconds(CLOCK_BOOTTIME);
		double after = milliseconds(CLOCK_REALTIME);
		/* Backwards: the wall clock was set in between. */
		if (i > 0 && (after < before || after - before >= best[2] - best[0]))
			continue;
		best[0] = before;
		best[1] = boot;
		best[2] = after;
	}
	napi_create_typedarray(env, napi_float64_array, 3, buffer, 0, &array);
	return array;
}
