/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets as the kernel tells them over netlink (sock_diag(7)), which does not go through /proc/net. */
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "bindings.h"

/* Numbers of a socket in the answer: state, port, uid, inode, four words of address in network order. */
#define SOCKET_NUMBERS 8
#define SOCKETS_MAX (1u << 20)

struct found {
	uint32_t *numbers;
	size_t count, space;
};

static int add(struct found *found, const struct inet_diag_msg *message)
{
	if (found->count == SOCKETS_MAX)
		return 0;
	if (found->count == found->space) {
		size_t space = found->space ? found->space * 2 : 256;
		uint32_t *numbers = realloc(found->numbers, space * SOCKET_NUMBERS * sizeof(*numbers));
		if (!numbers)
			return -ENOMEM;
		found->numbers = numbers;
		found->space = space;
	}
	uint32_t *numbers = found->numbers + found->count++ * SOCKET_NUMBERS;
	numbers[0] = message->idiag_state;
	numbers[1] = __builtin_bswap16(message->id.idiag_sport);
	numbers[2] = message->idiag_uid;
	numbers[3] = message->idiag_inode;
	memcpy(numbers + 4, message->id.idiag_src, 16);
	return 0;
}

/* Reads answers until the end of the dump. 0, or a negative errno. */
static int receive(int fd, struct found *found)
{
	static const size_t size = 64 * 1024;
	char *buffer = malloc(size);
	int result = buffer ? 1 : -ENOMEM;
	while (result > 0) {
		ssize_t length = recv(fd, buffer, size, 0);
		if (length < 0 && errno == EINTR)
			continue;
		if (length <= 0) {
			result = length < 0 ? -errno : -EPIPE;
			break;
		}
		int left = (int)length;
		for (struct nlmsghdr *header = (void *)buffer; result > 0 && NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
			if (header->nlmsg_type == NLMSG_DONE)
				result = 0;
			else if (header->nlmsg_type == NLMSG_ERROR)
				result = ((struct nlmsgerr *)NLMSG_DATA(header))->error ?: -EPROTO;
			else if (header->nlmsg_type == SOCK_DIAG_BY_FAMILY &&
				 header->nlmsg_len >= NLMSG_LENGTH(sizeof(struct inet_diag_msg)) &&
				 add(found, NLMSG_DATA(header)))
				result = -ENOMEM;
		}
	}
	free(buffer);
	return result;
}

static int dump(uint8_t family, uint8_t protocol, struct found *found)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 request;
	} message = {
		.header = { .nlmsg_len = sizeof(message), .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.request = { .sdiag_family = family, .sdiag_protocol = protocol, .idiag_states = ~0u },
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (fd < 0)
		return -errno;
	/* The kernel answers at once; a kernel that does not must not hold anybody up. */
	struct timeval patience = { .tv_sec = 5 };
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	int result = send(fd, &message, sizeof(message), 0) < 0 ? -errno : receive(fd, found);
	close(fd);
	return result;
}

/* socketsOf(family, protocol): Uint32Array, 8 numbers a socket; throws where the kernel has no such dump. */
napi_value sockets_of(napi_env env, napi_callback_info info)
{
	napi_value arguments[2], buffer, array;
	size_t count = 2;
	uint32_t family, protocol;
	napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
	if (napi_get_value_uint32(env, arguments[0], &family) != napi_ok ||
	    napi_get_value_uint32(env, arguments[1], &protocol) != napi_ok)
		return throw(env, "socketsOf(family, protocol) takes two numbers");
	struct found found = { 0 };
	int error = dump((uint8_t)family, (uint8_t)protocol, &found);
	if (error) {
		free(found.numbers);
		napi_throw_error(env, "EDIAG", strerror(-error));
		return NULL;
	}
	size_t bytes = found.count * SOCKET_NUMBERS * sizeof(uint32_t);
	void *data = NULL;
	if (napi_create_arraybuffer(env, bytes, &data, &buffer) != napi_ok) {
		free(found.numbers);
		return throw(env, "out of memory");
	}
	if (bytes > 0)
		memcpy(data, found.numbers, bytes);
	free(found.numbers);
	napi_create_typedarray(env, napi_uint32_array, found.count * SOCKET_NUMBERS, buffer, 0, &array);
	return array;
}
