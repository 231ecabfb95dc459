/* SPDX-License-Identifier: Apache-2.0 */
/* Handing open files to another process over a unix socket (SCM_RIGHTS, unix(7)): what Node cannot do. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "bindings.h"

static napi_value number(napi_env env, int of)
{
	napi_value value;
	napi_create_int32(env, of, &value);
	return value;
}

/* socketPair(): the two ends, or a negative errno */
napi_value socket_pair(napi_env env, napi_callback_info info)
{
	int ends[2];
	napi_value list;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return number(env, -errno);
	napi_create_array_with_length(env, 2, &list);
	napi_set_element(env, list, 0, number(env, ends[0]));
	napi_set_element(env, list, 1, number(env, ends[1]));
	return list;
}

/* connectUnix(path: string): a stream socket that does not wait, or a negative errno */
napi_value connect_unix(napi_env env, napi_callback_info info)
{
	napi_value arguments[1];
	size_t count = 1, length = 0;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
	if (napi_get_value_string_utf8(env, arguments[0], NULL, 0, &length) != napi_ok)
		return throw(env, "connectUnix(path) takes a path");
	if (length >= sizeof(address.sun_path))
		return number(env, -ENAMETOOLONG);
	napi_get_value_string_utf8(env, arguments[0], address.sun_path, sizeof(address.sun_path), &length);
	int socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (socket_fd < 0)
		return number(env, -errno);
	if (connect(socket_fd, (struct sockaddr *)&address, sizeof(address))) {
		int failed = errno;
		close(socket_fd);
		return number(env, -failed);
	}
	return number(env, socket_fd);
}

/* What goes with a descriptor at most, bytes. */
#define TEXT_MAX 64

union control {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

/* sendDescriptor(socket: number, fd: number, text: string): 0, or a negative errno. Does not wait. */
napi_value send_descriptor(napi_env env, napi_callback_info info)
{
	napi_value arguments[3];
	size_t count = 3, length = 0;
	int32_t socket, fd;
	char text[TEXT_MAX + 1];
	napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
	if (napi_get_value_int32(env, arguments[0], &socket) != napi_ok ||
	    napi_get_value_int32(env, arguments[1], &fd) != napi_ok ||
	    napi_get_value_string_latin1(env, arguments[2], text, sizeof(text), &length) != napi_ok || !length)
		return throw(env, "sendDescriptor(socket, fd, text) takes two descriptors and a text");
	union control control = { 0 };
	struct iovec part = { .iov_base = text, .iov_len = length };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(int));
	return number(env, sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0);
}

/* receiveDescriptor(socket: number): a descriptor, or a negative errno. Does not wait. */
napi_value receive_descriptor(napi_env env, napi_callback_info info)
{
	napi_value arguments[1];
	size_t count = 1;
	int32_t socket;
	int fd = -ENODATA;
	char byte;
	napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
	if (napi_get_value_int32(env, arguments[0], &socket) != napi_ok)
		return throw(env, "receiveDescriptor(socket) takes a descriptor");
	union control control = { 0 };
	struct iovec part = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	if (recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0)
		return number(env, -errno);
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(header), sizeof(int));
	return number(env, fd);
}
