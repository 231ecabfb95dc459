/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What the loader and the eBPF programs share besides the record layout. */
#ifndef REDOUBT_SHARED_H
#define REDOUBT_SHARED_H

#define IGNORED_PIDS 8
#define KIND_SLOTS 64

struct counter { __u64 recorded, lost; };

/* A file by identity; device in the kernel's encoding (major << 20 | minor). */
struct file_key { __u64 inode; __u32 device; __u32 zero; };

/* Written by user space at any time. */
struct settings {
	__u32 ignored_pids[IGNORED_PIDS];
	__u32 watched_count;
	__u32 ignored_directory_count;
	__u64 wakeup_bytes;     /* the reader is woken when the ring holds a little more than this */
	__u32 counts_repeats;   /* somebody hands over the counts of repeats.h */
	__u32 reader_asleep;    /* the reader has stopped looking by itself: the next record wakes it */
	__u8 kinds_off[KIND_SLOTS];
};

/* Slots of the table of system call handlers. */
enum handler {
	HANDLER_PATHS = 0,
	HANDLER_OPEN,
	HANDLER_DESCRIPTOR,
	HANDLER_MEMORY,
	HANDLER_SOCKET,
	HANDLER_SYSTEM,
	HANDLER_COUNT,
};

#endif
