/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Every process as the kernel itself walks them (BPF task iterator): a view that no listing of /proc can falsify.
 * A compilation unit of its own, loaded only while it is asked for.
 */
#include "types.h"
#define __VMLINUX_H__ /* types.h takes its place */
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct seq_file;
struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id, seq_num;
} __attribute__((preserve_access_index));
struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} __attribute__((preserve_access_index));

SEC("iter/task")
int list_tasks(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	struct seq_file *seq = context->meta->seq;
	__u32 pid;
	if (!task || task->pid != task->tgid)
		return 0;
	pid = (__u32)task->tgid;
	bpf_seq_write(seq, &pid, sizeof(pid));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
