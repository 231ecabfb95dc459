/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Views of processes and ports that do not go through /proc: system calls answer for each number. What hides a name
 * from a listing of /proc rarely hides it from all of these.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "bindings.h"

/* Copies numbers into a new Uint32Array. */
static napi_value numbers_array(napi_env env, const uint32_t *numbers, size_t count)
{
	napi_value buffer, array;
	void *bytes = NULL;
	if (napi_create_arraybuffer(env, count * sizeof(*numbers), &bytes, &buffer) != napi_ok)
		return throw(env, "out of memory");
	if (count > 0)
		memcpy(bytes, numbers, count * sizeof(*numbers));
	napi_create_typedarray(env, napi_uint32_array, count, buffer, 0, &array);
	return array;
}

static bool range_arguments(napi_env env, napi_callback_info info, uint32_t *from, uint32_t *to, uint32_t most)
{
	napi_value arguments[2];
	size_t count = 2;
	napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
	return count == 2 && napi_get_value_uint32(env, arguments[0], from) == napi_ok &&
	       napi_get_value_uint32(env, arguments[1], to) == napi_ok && *from <= *to && *to <= most;
}

/*
 * probePids(from, to): Uint32Array of the process ids (from ≤ id < to) that exist. tgkill(id, id, 0) sends nothing and
 * succeeds, or is forbidden, only for the leader of a thread group: threads are no processes.
 */
napi_value probe_pids(napi_env env, napi_callback_info info)
{
	uint32_t from, to;
	if (!range_arguments(env, info, &from, &to, 1u << 22))
		return throw(env, "probePids(from, to) takes two process ids");
	uint32_t *found = malloc((size_t)(to - from + 1) * sizeof(*found));
	if (!found)
		return throw(env, "out of memory");
	size_t count = 0;
	for (uint32_t pid = from ? from : 1; pid < to; pid++)
		if (syscall(SYS_tgkill, (pid_t)pid, (pid_t)pid, 0) == 0 || errno == EPERM)
			found[count++] = pid;
	napi_value array = numbers_array(env, found, count);
	free(found);
	return array;
}

/* A socket that can be bound beside one of a server that starts at this moment: with SO_REUSEADDR only a port that
 * somebody listens on, or that is held by a socket without it, is refused. */
static int bind_port(int family, uint16_t port)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1, zero = 0;
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	int result;
	if (family == AF_INET6) {
		struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
		result = bind(fd, (struct sockaddr *)&any, sizeof(any)) ? -errno : 0;
	} else {
		struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(port) };
		result = bind(fd, (struct sockaddr *)&any, sizeof(any)) ? -errno : 0;
	}
	close(fd);
	return result;
}

/* probePorts(from, to): Uint32Array of the TCP ports (from ≤ port < to) that cannot be bound because they are in use. */
napi_value probe_ports(napi_env env, napi_callback_info info)
{
	uint32_t from, to;
	if (!range_arguments(env, info, &from, &to, 65536))
		return throw(env, "probePorts(from, to) takes two ports");
	uint32_t *found = malloc((size_t)(to - from + 1) * sizeof(*found));
	if (!found)
		return throw(env, "out of memory");
	size_t count = 0;
	int refused = 0;
	/* Both families in one: a wildcard IPv6 socket meets IPv4 listeners too, where IPv6 is on. */
	int probe = bind_port(AF_INET6, 0);
	int family = probe == 0 ? AF_INET6 : AF_INET;
	for (uint32_t port = from ? from : 1; port < to; port++) {
		int result = bind_port(family, (uint16_t)port);
		if (result == -EADDRINUSE)
			found[count++] = port;
		else if (result)
			refused = -result;
	}
	if (refused && count == 0) {
		free(found);
		napi_throw_error(env, "EPROBE", refused == EACCES ? "ports cannot be bound: not permitted" : "ports cannot be bound");
		return NULL;
	}
	napi_value array = numbers_array(env, found, count);
	free(found);
	return array;
}
