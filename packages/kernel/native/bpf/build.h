/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Building one record in the per-CPU scratch space and handing it to the ring. */
#ifndef REDOUBT_BUILD_H
#define REDOUBT_BUILD_H

#define SECTION_MAX 4096
#define WAKEUP_WINDOW 65536
/* A section is only begun where its largest form fits. */
#define LAST_SECTION_START (RECORD_SPACE - SECTION_HEADER_SIZE - SECTION_MAX - 512)

/* Keeps the compiler from undoing a bounds check that the verifier must see. */
#define opaque(value) asm volatile("" : "+r"(value))
/*
 * Loops keep their state in scratch memory and forget their registers at each turn: the verifier then sees the
 * same unknown values each time and stops following, instead of telling a million states apart.
 */
#define forget_registers() asm volatile("" ::: "memory")

static __always_inline struct scratch *scratch_here(void)
{
	__u32 zero = 0;
	return bpf_map_lookup_elem(&scratches, &zero);
}

static __always_inline void count_many(__u32 kind, bool recorded, __u64 events)
{
	struct counter *counter = bpf_map_lookup_elem(&counters, &kind);
	if (!counter)
		return;
	/* Atomic because an interrupt may count the same kind in between. */
	if (recorded)
		__sync_fetch_and_add(&counter->recorded, events);
	else
		__sync_fetch_and_add(&counter->lost, events);
}

static __always_inline void count(__u32 kind, bool recorded)
{
	count_many(kind, recorded, 1);
}

/* Hands a finished record to the ring, without waking the reader unless it sleeps or the ring is filling up. */
static __always_inline void submit(void *record, __u64 size, __u32 kind)
{
	/* Only around the mark: beyond it the reader has been woken already. */
	__u64 above = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) - settings.wakeup_bytes;
	__u64 flags = above < WAKEUP_WINDOW ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
	if (settings.reader_asleep) {
		settings.reader_asleep = 0;
		flags = BPF_RB_FORCE_WAKEUP;
	}
	count(kind, bpf_ringbuf_output(&ring, record, size, flags) == 0);
}

static __always_inline bool kind_is_off(__u32 kind)
{
	return settings.kinds_off[kind & 63];
}

static __always_inline bool process_is_ignored(__u32 pid)
{
	if (pid == 0) /* the idle task; unused slots are 0 as well */
		return false;
#pragma unroll
	for (int i = 0; i < IGNORED_PIDS; i++)
		if (settings.ignored_pids[i] == pid)
			return true;
	return false;
}

/* Fills the header for an actor; numbers start at data + RECORD_HEADER_SIZE. */
static __always_inline void fill_header(struct record_header *header, __u32 kind, struct task_struct *task,
					__u32 number_count)
{
	header->kind = kind;
	header->cpu = bpf_get_smp_processor_id();
	header->flags = 0;
	header->time = bpf_ktime_get_boot_ns();
	header->pid = task->tgid;
	header->tid = task->pid;
	header->start = task->group_leader->start_boottime;
	header->uid = task->cred->uid.val;
	header->euid = task->cred->euid.val;
	header->result = 0;
	header->number_count = number_count;
	header->section_count = 0;
	header->call = 0;
}

static __always_inline void fill_origin(struct origin *origin, struct task_struct *task)
{
	origin->start = task->group_leader->start_boottime;
	origin->pid = task->tgid;
	origin->tid = task->pid;
	origin->uid = task->cred->uid.val;
	origin->euid = task->cred->euid.val;
}

/* Fills the header for an actor that is not the current task. */
static __always_inline void fill_header_from(struct record_header *header, __u32 kind,
					     const struct origin *origin, __u32 number_count)
{
	header->kind = kind;
	header->cpu = bpf_get_smp_processor_id();
	header->flags = origin->flags;
	header->time = bpf_ktime_get_boot_ns();
	header->pid = origin->pid;
	header->tid = origin->tid;
	header->start = origin->start;
	header->uid = origin->uid;
	header->euid = origin->euid;
	header->result = 0;
	header->number_count = number_count;
	header->section_count = 0;
	header->call = origin->call;
}

static __always_inline struct record_header *begin(struct scratch *s, __u32 kind, struct task_struct *task,
						   __u32 number_count)
{
	struct record_header *header = (void *)s->data;
	fill_header(header, kind, task, number_count);
	s->offset = RECORD_HEADER_SIZE + 8 * number_count;
	return header;
}

static __always_inline __u64 *numbers_of(struct scratch *s)
{
	return (__u64 *)(s->data + RECORD_HEADER_SIZE);
}

static __always_inline void finish_with(struct scratch *s, bool urgent)
{
	struct record_header *header = (void *)s->data;
	__u64 size = s->offset;
	opaque(size);
	if (size > RECORD_SPACE)
		return;
	header->size = size;
	if (urgent)
		count(header->kind, bpf_ringbuf_output(&ring, s->data, size, BPF_RB_FORCE_WAKEUP) == 0);
	else
		submit(s->data, size, header->kind);
}

static __always_inline void finish(struct scratch *s)
{
	finish_with(s, false);
}

/* Where a new section's bytes go, or 0 when the record is full. */
static __always_inline __u64 section_start(struct scratch *s)
{
	__u64 offset = s->offset;
	opaque(offset);
	if (offset > LAST_SECTION_START) {
		((struct record_header *)s->data)->flags |= RECORD_FLAG_OVERFLOW;
		return 0;
	}
	return offset;
}

static __always_inline void section_end(struct scratch *s, __u64 start, __u32 tag, __u64 length, __u32 flags)
{
	opaque(start);
	if (start > LAST_SECTION_START)
		return;
	struct section_header *section = (void *)(s->data + start);
	section->tag = tag;
	section->length = length;
	section->flags = flags;
	s->offset = start + SECTION_HEADER_SIZE + ((length + 7) & ~7ULL);
	((struct record_header *)s->data)->section_count++;
}

enum text_source { FROM_USER, FROM_KERNEL };

/* Adds the NUL-terminated text at s->pointer, without the NUL. */
__attribute__((noinline)) int put_text(__u32 tag, __u32 source)
{
	struct scratch *s = scratch_here();
	if (!s)
		return 0;
	__u64 start = section_start(s);
	if (!start)
		return 0;
	void *to = s->data + start + SECTION_HEADER_SIZE;
	const void *from = (const void *)s->pointer;
	long length = source == FROM_USER ? bpf_probe_read_user_str(to, SECTION_MAX, from)
					  : bpf_probe_read_kernel_str(to, SECTION_MAX, from);
	if (length <= 0)
		section_end(s, start, tag, 0, SECTION_FLAG_FAULT);
	else
		section_end(s, start, tag, length - 1, length == SECTION_MAX ? SECTION_FLAG_TRUNCATED : 0);
	return 0;
}

static __always_inline void put_kernel_text(struct scratch *s, __u32 tag, const void *text)
{
	s->pointer = (__u64)text;
	put_text(tag, FROM_KERNEL);
}

static __always_inline void put_user_text(struct scratch *s, __u32 tag, __u64 address)
{
	s->pointer = address;
	put_text(tag, FROM_USER);
}

#endif
