/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Connections that a process makes to, or takes from, the same place again and again. The first REPEATS_TOLD of each
 * second are recorded one by one; those beyond are counted here and handed over once a second as one record that
 * tells how many they were. A busy web server would otherwise pay for each of its requests.
 *
 * Nothing falls between: a count is taken out by an atomic exchange, and an entry is only thrown away after its count
 * was exchanged from 0 to REPEATS_GONE, which whoever still holds the entry sees, and then records by itself.
 */
#ifndef REDOUBT_REPEATS_H
#define REDOUBT_REPEATS_H

#define REPEATS_TOLD 32
#define REPEATS_WINDOW 1000000000ULL        /* nanoseconds */
#define REPEATS_IDLE (10 * REPEATS_WINDOW)  /* entries without a connection for so long are thrown away */
#define REPEATS_GONE (1ULL << 63)

struct repeats_key {
	__u8 address[16];
	__u64 start;
	__u32 pid, euid, namespace;
	__u16 port;
	__u8 kind, protocol;
	__u32 family, zero;
};

struct repeats {
	__u64 window;           /* when the second began, CLOCK_BOOTTIME */
	__u64 told;             /* recorded one by one since then */
	__u64 waiting;          /* counted, not yet handed over */
	struct origin origin;
	struct endpoints ends;  /* without the port that is another each time */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__uint(map_flags, 1);
	__type(key, struct repeats_key);
	__type(value, struct repeats);
} repeated SEC(".maps");

static __always_inline void remember_repeats(const struct repeats_key *key, const struct origin *origin,
					     const struct endpoints *ends, __u64 now)
{
	struct repeats fresh = { .window = now, .told = 1, .origin = *origin, .ends = *ends };
	if (key->kind == KIND_NETWORK_ACCEPT)
		fresh.ends.remote_port = 0;
	else
		fresh.ends.local_port = 0;
	/* When the table is full, or another CPU was first: this one is recorded by itself, as the first is. */
	bpf_map_update_elem(&repeated, key, &fresh, BPF_NOEXIST);
}

/* Whether a connection was counted among its like; otherwise it is to be recorded by itself. */
static __always_inline bool counted_as_repeat(__u32 kind, const struct origin *origin, const struct endpoints *ends)
{
	if (!settings.counts_repeats)
		return false;
	bool accepts = kind == KIND_NETWORK_ACCEPT;
	struct repeats_key key = {
		.start = origin->start, .pid = origin->pid, .euid = origin->euid, .namespace = ends->namespace,
		.port = accepts ? ends->local_port : ends->remote_port, .kind = kind, .protocol = ends->protocol,
		.family = ends->family,
	};
	__builtin_memcpy(key.address, ends->remote, 16);
	__u64 now = bpf_ktime_get_boot_ns();
	struct repeats *known = bpf_map_lookup_elem(&repeated, &key);
	if (!known) {
		remember_repeats(&key, origin, ends, now);
		return false;
	}
	if (now - known->window >= REPEATS_WINDOW) {
		known->window = now;
		known->told = 1;
		return false;
	}
	if (known->told < REPEATS_TOLD) {
		__sync_fetch_and_add(&known->told, 1);
		return false;
	}
	return !(__sync_fetch_and_add(&known->waiting, 1) & REPEATS_GONE);
}

/* Numbers.network with the number of connections behind it. */
struct repeats_record {
	struct record_header header;
	struct endpoints ends;
	__u64 count;
};

static long hand_over(void *map, const void *key, struct repeats *repeats, void *unused)
{
	__u64 waiting = __sync_lock_test_and_set(&repeats->waiting, 0);
	if (waiting) {
		struct repeats_record record = {};
		__u32 kind = ((const struct repeats_key *)key)->kind;
		fill_header_from(&record.header, kind, &repeats->origin, ENDPOINT_NUMBERS + 1);
		record.header.size = sizeof(record);
		record.ends = repeats->ends;
		record.count = waiting;
		count_many(kind, bpf_ringbuf_output(&ring, &record, sizeof(record), BPF_RB_NO_WAKEUP) == 0, waiting);
	} else if (bpf_ktime_get_boot_ns() - repeats->window > REPEATS_IDLE &&
		   __sync_val_compare_and_swap(&repeats->waiting, 0, REPEATS_GONE) == 0) {
		bpf_map_delete_elem(map, key);
	}
	return 0;
}

/* Run by the reading thread, never attached: hands over what has been counted. */
SEC("raw_tp")
int hand_over_repeats(void *ctx)
{
	bpf_for_each_map_elem(&repeated, hand_over, 0, 0);
	return 0;
}

#endif
