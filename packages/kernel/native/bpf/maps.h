/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Everything that user space and the programs, or two programs, share. */
#ifndef REDOUBT_MAPS_H
#define REDOUBT_MAPS_H

#define RECORD_SPACE 24576      /* largest record: two paths, argv, environment, file name */
#define PACKET_SPACE 1024
#define CALL_TABLE 512          /* system call numbers that are looked at */


/* Who started something that completes in another context. */
struct origin {
	__u64 start;
	__u32 pid, tid, uid, euid;
	__u16 call, flags;
	__u32 zero;
};

/* Space to build records in, one per CPU: only programs in task context use it, with preemption off. */
struct scratch {
	__u64 offset;
	__u64 dentry, mount;    /* arguments and state of walk_path */
	__u64 top, used, at, inside; /* state of the loops */
	__u64 pointer;          /* argument of the put_… functions */
	__u64 args[8];          /* arguments of the system call */
	__u8 data[RECORD_SPACE];
};

/* The same for programs that run in network context and may interrupt the others. */
struct packet_scratch { __u8 data[PACKET_SPACE]; };

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, KIND_COUNT);
	__type(key, __u32);
	__type(value, struct counter);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct packet_scratch);
} packet_scratches SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, 1); /* BPF_F_NO_PREALLOC: usually a handful */
	__type(key, struct file_key);
	__type(value, __u32);
} watched_reads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, 1);
	__type(key, struct file_key);
	__type(value, __u32);
} ignored_directories SEC(".maps");

struct settings settings = {};

#endif
