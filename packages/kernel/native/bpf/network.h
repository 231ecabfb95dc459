/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* connect, accept, bind and listen on IPv4 and IPv6, with the addresses that the kernel's socket holds. */
#ifndef REDOUBT_NETWORK_H
#define REDOUBT_NETWORK_H

#define AF_INET 2
#define AF_INET6 10
#define TCP_ESTABLISHED 1
#define TCP_SYN_SENT 2
#define TCP_CLOSE 7
#define SOCK_DGRAM 2
#define S_IFSOCK 0140000
#define ECANCELED 125

/* Numbers.network */
struct endpoints {
	__u64 family, protocol, local_port, remote_port;
	__u8 local[16], remote[16];
	__u64 namespace;
};
#define ENDPOINT_NUMBERS (sizeof(struct endpoints) / 8)

#include "repeats.h"

/* Connections that were begun without waiting, by socket. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct origin);
} connecting SEC(".maps");

/* Who made a datagram socket: for packets that leave while another task happens to run. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct origin);
} datagram_owners SEC(".maps");

static __always_inline void read_endpoints(struct endpoints *to, struct sock *sock)
{
	to->family = LOAD(sock, sock, __sk_common.skc_family);
	to->protocol = LOAD(sock, sock, sk_protocol);
	to->local_port = LOAD(sock, sock, __sk_common.skc_num);
	to->remote_port = bpf_ntohs(LOAD(sock, sock, __sk_common.skc_dport));
	__builtin_memset(to->local, 0, 32);
	if (to->family == AF_INET) {
		*(__u32 *)to->local = LOAD(sock, sock, __sk_common.skc_rcv_saddr);
		*(__u32 *)to->remote = LOAD(sock, sock, __sk_common.skc_daddr);
	} else {
		BPF_CORE_READ_INTO((struct in6_addr *)to->local, sock, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO((struct in6_addr *)to->remote, sock, __sk_common.skc_v6_daddr);
	}
	struct net *namespace = LOAD(sock, sock, __sk_common.skc_net.net);
	to->namespace = LOAD(net, namespace, ns.inum);
}

/* The internet socket behind a descriptor, or 0. */
static __always_inline struct sock *sock_of_descriptor(struct task_struct *task, __u64 descriptor)
{
	struct file *file = file_of_descriptor(task, descriptor);
	if (!file || (LOAD(inode, LOAD(file, file, f_inode), i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	struct socket *socket = LOAD(file, file, private_data);
	struct sock *sock = LOAD(socket, socket, sk);
	__u16 family = LOAD(sock, sock, __sk_common.skc_family);
	return family == AF_INET || family == AF_INET6 ? sock : 0;
}

/* After a failure the socket does not know the address: take what the caller passed. */
static __always_inline void read_caller_address(__u8 *address, __u64 *port, __u64 *family, __u64 from)
{
	struct { __u16 family; __be16 port; __u32 flow; __u8 bytes[16]; } given = {};
	bpf_probe_read_user(&given, 8, (void *)from);
	*port = bpf_ntohs(given.port);
	if (given.family == AF_INET) {
		*family = AF_INET;
		__builtin_memset(address, 0, 16);
		*(__u32 *)address = given.flow; /* the IPv4 address stands where IPv6 has the flow label */
	} else if (given.family == AF_INET6) {
		*family = AF_INET6;
		bpf_probe_read_user(address, 16, (void *)(from + 8));
	}
}

/* The end of a connection attempt that did not wait. */
static __always_inline void connection_completed(struct sock *sock, const struct origin *origin, __s32 result)
{
	struct { struct record_header header; struct endpoints ends; } record = {};
	if (kind_is_off(KIND_NETWORK_CONNECT))
		return;
	fill_header_from(&record.header, KIND_NETWORK_CONNECT, origin, ENDPOINT_NUMBERS);
	record.header.size = sizeof(record);
	record.header.result = result;
	read_endpoints(&record.ends, sock);
	if (result == 0 && counted_as_repeat(KIND_NETWORK_CONNECT, origin, &record.ends))
		return;
	submit(&record, sizeof(record), KIND_NETWORK_CONNECT);
}

static __always_inline __s32 outcome_of(struct sock *sock, int state)
{
	if (state != TCP_CLOSE)
		return 0;
	int error = BPF_CORE_READ(sock, sk_err);
	return error ? -error : -ECANCELED; /* closed by its owner before anything came of it */
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(inet_sock_set_state, struct sock *sock, int old_state, int new_state)
{
	if (old_state != TCP_SYN_SENT)
		return 0;
	__u64 key = (__u64)sock;
	struct origin *found = bpf_map_lookup_elem(&connecting, &key);
	if (!found)
		return 0;
	struct origin origin = *found;
	if (bpf_map_delete_elem(&connecting, &key) == 0)
		connection_completed(sock, &origin, outcome_of(sock, new_state));
	return 0;
}

/*
 * Remembers who began a connection. It may be over already (on loopback, before connect returns): whoever takes
 * the entry out of the map records it, so that it is recorded once.
 */
static __always_inline void connection_begun(struct task_struct *task, struct pt_regs *regs, struct sock *sock, bool compat)
{
	struct origin origin = {};
	__u64 key = (__u64)sock;
	fill_origin(&origin, task);
	origin.call = call_number(regs);
	origin.flags = compat ? RECORD_FLAG_COMPAT : 0;
	int state = LOAD(sock, sock, __sk_common.skc_state);
	if (state != TCP_SYN_SENT) { /* over before it could be remembered */
		connection_completed(sock, &origin, outcome_of(sock, state));
		return;
	}
	bpf_map_update_elem(&connecting, &key, &origin, BPF_ANY);
	state = LOAD(sock, sock, __sk_common.skc_state);
	if (state != TCP_SYN_SENT && bpf_map_delete_elem(&connecting, &key) == 0)
		connection_completed(sock, &origin, outcome_of(sock, state));
}

static __always_inline void remember_datagram_socket(struct task_struct *task, __u64 family, __u64 type, long descriptor)
{
	if ((family != AF_INET && family != AF_INET6) || (type & 0xf) != SOCK_DGRAM || descriptor < 0)
		return;
	struct sock *sock = sock_of_descriptor(task, descriptor);
	struct origin origin = {};
	__u64 key = (__u64)sock;
	if (!sock)
		return;
	fill_origin(&origin, task);
	bpf_map_update_elem(&datagram_owners, &key, &origin, BPF_ANY);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(call_socket, struct pt_regs *regs, long result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct scratch *s = scratch_here();
	if (!s)
		return 0;
	bool compat = call_is_compat(task);
	__u32 index = call_index(regs, task);
	read_arguments(regs, compat, s->args);
	if (index == CALL_SOCKETCALL) {
		__u32 block[4] = {}, which = s->args[0];
		bpf_probe_read_user(block, sizeof(block), (void *)s->args[1]);
		s->args[0] = block[0];
		s->args[1] = block[1];
		s->args[2] = block[2];
		index = which == 1 ? CALL_SOCKET : which == 2 ? CALL_BIND : which == 3 ? CALL_CONNECT
		      : which == 4 ? CALL_LISTEN : which == 5 || which == 18 ? CALL_ACCEPT : CALL_NONE;
	}
	if (index == CALL_SOCKET)
		remember_datagram_socket(task, s->args[0], s->args[1], result);
	__u32 kind = calls[index & 63].kind;
	if (kind == KIND_NONE || kind_is_off(kind) || process_is_ignored(task->tgid))
		return 0;
	if (kind != KIND_NETWORK_CONNECT && !result_matters(result))
		return 0;
	if (kind == KIND_NETWORK_ACCEPT && result < 0)
		return 0;
	/* EALREADY, EISCONN: asking again about a connection that is under way or made. */
	if (kind == KIND_NETWORK_CONNECT && (result == -114 || result == -106))
		return 0;

	struct sock *sock = sock_of_descriptor(task, kind == KIND_NETWORK_ACCEPT ? result : (__u32)s->args[0]);
	if (!sock)
		return 0;
	/* EINTR and ERESTARTSYS: the attempt goes on without its caller. */
	if (kind == KIND_NETWORK_CONNECT && (result == -EINPROGRESS || result == -4 || result == -512)) {
		connection_begun(task, regs, sock, compat);
		return 0;
	}
	begin_call(s, kind, task, regs, kind == KIND_NETWORK_ACCEPT ? 0 : result, ENDPOINT_NUMBERS);
	struct endpoints *ends = (void *)numbers_of(s);
	read_endpoints(ends, sock);
	/* connect to AF_UNSPEC takes a datagram socket's peer away. */
	if (kind == KIND_NETWORK_CONNECT && result == 0 && ends->remote_port == 0 && ends->protocol == 17)
		return 0;
	if (result >= 0 && (kind == KIND_NETWORK_CONNECT || kind == KIND_NETWORK_ACCEPT)) {
		struct origin origin = { .call = call_number(regs), .flags = compat ? RECORD_FLAG_COMPAT : 0 };
		fill_origin(&origin, task);
		if (counted_as_repeat(kind, &origin, ends))
			return 0;
	}
	if (result < 0 && kind == KIND_NETWORK_CONNECT)
		read_caller_address(ends->remote, &ends->remote_port, &ends->family, s->args[1]);
	if (result < 0 && kind == KIND_NETWORK_BIND)
		read_caller_address(ends->local, &ends->local_port, &ends->family, s->args[1]);
	finish(s);
	return 0;
}

#endif
