/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * UDP on the wire: DNS both ways, and datagrams to peers that a process has not sent to before. These run for
 * every packet, so everything else leaves after a load or two. DNS over TCP, TLS or HTTPS is not seen here.
 */
#ifndef REDOUBT_PACKETS_H
#define REDOUBT_PACKETS_H

#define IPPROTO_UDP 17
#define DNS_PORT 53
#define MDNS_PORT 5353
#define DNS_KEPT 512
#define PF_KTHREAD 0x00200000

struct peer { __u8 address[16]; __u32 pid; __u16 port, family; };
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct peer);
	__type(value, __u8);
} known_peers SEC(".maps");

struct question { __u8 server[16]; __u16 local_port, server_port, id, zero; };
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct question);
	__type(value, struct origin);
} questions SEC(".maps");

struct ip_start { __u8 bytes[40]; };
struct udp_start { __be16 source, destination, length, checksum; };

/* Whether a received packet may be UDP; of all others only this one byte is read. Its `data` stands at the IP header. */
static __always_inline bool carries_udp(struct sk_buff *skb)
{
	if (skb->protocol == bpf_htons(0x0800))
		return LOAD(iphdr, skb->data, protocol) == IPPROTO_UDP;
	return skb->protocol == bpf_htons(0x86dd) && LOAD(ipv6hdr, skb->data, nexthdr) == IPPROTO_UDP;
}

/* Addresses of an IP header; the length of the header, or 0 when it is not plain UDP. */
static __always_inline __u32 read_ip(struct endpoints *ends, const struct ip_start *ip, __u8 *source, __u8 *destination)
{
	const __u8 *at = ip->bytes;
	if (at[0] >> 4 == 4) {
		if (at[9] != IPPROTO_UDP || (at[6] & 0x1f) || at[7]) /* later fragments have no ports */
			return 0;
		ends->family = AF_INET;
		__builtin_memcpy(source, at + 12, 4);
		__builtin_memcpy(destination, at + 16, 4);
		return (at[0] & 15) * 4;
	}
	if (at[0] >> 4 != 6 || at[6] != IPPROTO_UDP)
		return 0;
	ends->family = AF_INET6;
	__builtin_memcpy(source, at + 8, 16);
	__builtin_memcpy(destination, at + 24, 16);
	return 40;
}

/* Whether the current task is in a system call that sends; else the packet only happens to leave now. */
static __always_inline bool task_is_sending(struct task_struct *task)
{
	if (task->flags & PF_KTHREAD)
		return false;
	if (call_is_compat(task))
		return true;
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
#if defined(__TARGET_ARCH_x86)
	long number = BPF_CORE_READ(regs, orig_ax);
#else
	long number = BPF_CORE_READ(regs, syscallno);
#endif
	return number == __NR_sendto || number == __NR_sendmsg || number == __NR_sendmmsg || number == __NR_write ||
	       number == __NR_writev || number == __NR_io_uring_enter;
}

static __always_inline void find_sender(struct origin *origin, struct sock *sock)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 key = (__u64)sock;
	struct origin *owner = task_is_sending(task) ? 0 : bpf_map_lookup_elem(&datagram_owners, &key);
	if (owner)
		*origin = *owner;
	else
		fill_origin(origin, task);
}

/* Bytes of the payload that lie in one piece at `at`. */
static __always_inline __u64 linear_payload(struct sk_buff *skb, __u64 at, __u32 udp_length)
{
	__u64 end = (__u64)skb->data + skb->len - skb->data_len;
	__u64 there = end > at ? end - at : 0;
	__u64 told = udp_length > 8 ? udp_length - 8 : 0;
	return told < there ? told : there;
}

static __always_inline void dns_record(struct packet_scratch *space, __u32 kind, const struct origin *origin,
				       const struct endpoints *ends, __u64 payload, __u64 length)
{
	struct record_header *header = (void *)space->data;
	struct section_header *section = (void *)(space->data + RECORD_HEADER_SIZE + sizeof(*ends));
	__u64 kept = length > DNS_KEPT ? DNS_KEPT : length;
	fill_header_from(header, kind, origin, ENDPOINT_NUMBERS);
	__builtin_memcpy(space->data + RECORD_HEADER_SIZE, ends, sizeof(*ends));
	opaque(kept);
	if (kept > DNS_KEPT)
		return;
	section->tag = SECTION_PACKET;
	section->flags = length > DNS_KEPT ? SECTION_FLAG_TRUNCATED : 0;
	if (bpf_probe_read_kernel((void *)(section + 1), kept, (void *)payload)) {
		kept = 0;
		section->flags = SECTION_FLAG_FAULT;
	}
	section->length = kept;
	header->section_count = 1;
	__u64 size = RECORD_HEADER_SIZE + sizeof(*ends) + SECTION_HEADER_SIZE + ((kept + 7) & ~7ULL);
	header->size = size;
	if (size <= PACKET_SPACE)
		submit(space->data, size, kind);
}

static __always_inline bool is_dns_port(__u64 port)
{
	return port == DNS_PORT || port == MDNS_PORT;
}

SEC("tp_btf/net_dev_queue")
int BPF_PROG(net_dev_queue, struct sk_buff *skb)
{
	struct sock *sock = skb->sk;
	if (!sock || sock->sk_protocol != IPPROTO_UDP)
		return 0;
	struct ip_start ip;
	struct udp_start udp;
	struct endpoints ends = { .protocol = IPPROTO_UDP };
	__u64 transport = (__u64)skb->head + skb->transport_header;
	if (bpf_probe_read_kernel(&ip, sizeof(ip), skb->head + skb->network_header) ||
	    !read_ip(&ends, &ip, ends.local, ends.remote) || bpf_probe_read_kernel(&udp, sizeof(udp), (void *)transport))
		return 0;
	ends.local_port = bpf_ntohs(udp.source);
	ends.remote_port = bpf_ntohs(udp.destination);
	ends.namespace = sock->__sk_common.skc_net.net->ns.inum;
	struct origin origin = {};
	find_sender(&origin, sock);
	if (process_is_ignored(origin.pid))
		return 0;

	if (is_dns_port(ends.remote_port)) {
		__u32 zero = 0;
		struct packet_scratch *space = bpf_map_lookup_elem(&packet_scratches, &zero);
		__u64 payload = transport + sizeof(udp);
		__u64 length = linear_payload(skb, payload, bpf_ntohs(udp.length));
		if (!space || length < 12)
			return 0;
		struct question question = { .local_port = ends.local_port, .server_port = ends.remote_port };
		__u8 start[4] = {};
		bpf_probe_read_kernel(start, sizeof(start), (void *)payload);
		if (start[2] & 0x80) /* an answer (mDNS) */
			return 0;
		question.id = start[0] << 8 | start[1];
		__builtin_memcpy(question.server, ends.remote, 16);
		bpf_map_update_elem(&questions, &question, &origin, BPF_ANY);
		if (!kind_is_off(KIND_DNS_QUERY))
			dns_record(space, KIND_DNS_QUERY, &origin, &ends, payload, length);
		return 0;
	}
	if (is_dns_port(ends.local_port) || kind_is_off(KIND_NETWORK_UDP_SEND))
		return 0; /* a name server answers */
	struct peer peer = { .pid = origin.pid, .port = ends.remote_port, .family = ends.family };
	__u8 one = 1;
	__builtin_memcpy(peer.address, ends.remote, 16);
	if (bpf_map_update_elem(&known_peers, &peer, &one, BPF_NOEXIST))
		return 0;
	struct { struct record_header header; struct endpoints ends; } record = {};
	fill_header_from(&record.header, KIND_NETWORK_UDP_SEND, &origin, ENDPOINT_NUMBERS);
	record.header.size = sizeof(record);
	record.ends = ends;
	submit(&record, sizeof(record), KIND_NETWORK_UDP_SEND);
	return 0;
}

SEC("tp_btf/netif_receive_skb")
int BPF_PROG(netif_receive_skb, struct sk_buff *skb)
{
	struct ip_start ip;
	struct udp_start udp;
	struct endpoints ends = { .protocol = IPPROTO_UDP };
	if (!carries_udp(skb))
		return 0;
	/* An IPv4 header may be shorter than what is read. */
	if (bpf_probe_read_kernel(&ip, sizeof(ip), skb->data))
		return 0;
	__u32 header_length = read_ip(&ends, &ip, ends.remote, ends.local);
	__u64 transport = (__u64)skb->data + header_length;
	if (!header_length || bpf_probe_read_kernel(&udp, sizeof(udp), (void *)transport))
		return 0;
	ends.local_port = bpf_ntohs(udp.destination);
	ends.remote_port = bpf_ntohs(udp.source);
	if (!is_dns_port(ends.remote_port))
		return 0;
	__u64 payload = transport + sizeof(udp);
	__u64 length = linear_payload(skb, payload, bpf_ntohs(udp.length));
	__u8 start[4] = {};
	if (length < 12 || bpf_probe_read_kernel(start, sizeof(start), (void *)payload) || !(start[2] & 0x80))
		return 0;
	struct question question = {
		.local_port = ends.local_port, .server_port = ends.remote_port, .id = start[0] << 8 | start[1],
	};
	__builtin_memcpy(question.server, ends.remote, 16);
	struct origin *asked = bpf_map_lookup_elem(&questions, &question);
	if (!asked)
		return 0;
	struct origin origin = *asked;
	__u32 one = 1;
	struct packet_scratch *space = bpf_map_lookup_elem(&packet_scratches, &one);
	if (bpf_map_delete_elem(&questions, &question) || !space || kind_is_off(KIND_DNS_ANSWER))
		return 0;
	ends.namespace = skb->dev->nd_net.net->ns.inum;
	dns_record(space, KIND_DNS_ANSWER, &origin, &ends, payload, length);
	return 0;
}

#endif
