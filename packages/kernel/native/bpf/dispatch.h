/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * From sys_exit to the handler of a call. Only the exit is hooked: then the kernel has resolved what the call
 * meant, the result is known, and calls that failed or do not matter cost nothing more.
 */
#ifndef REDOUBT_DISPATCH_H
#define REDOUBT_DISPATCH_H

#define EPERM 1
#define EACCES 13
#define EINPROGRESS 115

/* Whether the current system call came through the 32-bit entry. */
static __always_inline bool call_is_compat(struct task_struct *task)
{
#if defined(__TARGET_ARCH_x86)
	return task->thread_info.status & 2; /* TS_COMPAT */
#else
	return task->thread_info.flags & (1 << 22); /* TIF_32BIT */
#endif
}

static __always_inline __u32 call_number(struct pt_regs *regs)
{
#if defined(__TARGET_ARCH_x86)
	return (__u32)regs->orig_ax & ~0x40000000; /* x32 calls share the numbers of the 64-bit ones */
#else
	return (__u32)regs->syscallno;
#endif
}

/* Index into calls[], CALL_NONE for what is not looked at. */
static __always_inline __u32 call_index(struct pt_regs *regs, struct task_struct *task)
{
	__u32 number = call_number(regs);
	if (number >= CALL_TABLE)
		return CALL_NONE;
	return call_is_compat(task) ? compat_calls[number] : native_calls[number];
}

/*
 * Runs at the end of every system call of the machine. Most numbers mean nothing in either table and leave
 * before the task is looked at.
 */
SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long result)
{
	__u32 number = call_number(regs);
	if (number >= CALL_TABLE || !(native_calls[number] | compat_calls[number]))
		return 0;
	__u32 index = call_is_compat(bpf_get_current_task_btf()) ? compat_calls[number] : native_calls[number];
	if (index != CALL_NONE)
		bpf_tail_call(ctx, &handlers, calls[index & 63].handler);
	return 0;
}

static __always_inline void read_arguments(struct pt_regs *regs, bool compat, __u64 *args)
{
#if defined(__TARGET_ARCH_x86)
	args[0] = compat ? (__u32)regs->bx : regs->di;
	args[1] = compat ? (__u32)regs->cx : regs->si;
	args[2] = compat ? (__u32)regs->dx : regs->dx;
	args[3] = compat ? (__u32)regs->si : regs->r10;
	args[4] = compat ? (__u32)regs->di : regs->r8;
	args[5] = compat ? (__u32)regs->bp : regs->r9;
#else
	args[0] = regs->orig_x0;
	args[1] = regs->regs[1];
	args[2] = regs->regs[2];
	args[3] = regs->regs[3];
	args[4] = regs->regs[4];
	args[5] = regs->regs[5];
#endif
	args[6] = args[7] = 0;
}

static __always_inline bool result_matters(long result)
{
	return result >= 0 || result == -EPERM || result == -EACCES;
}

/* Starts the record of a call: header with result and number, `number_count` numbers still to be written. */
static __always_inline struct record_header *begin_call(struct scratch *s, __u32 kind, struct task_struct *task,
							struct pt_regs *regs, long result, __u32 number_count)
{
	struct record_header *header = begin(s, kind, task, number_count);
	header->result = result;
	header->call = call_number(regs);
	header->flags = call_is_compat(task) ? RECORD_FLAG_COMPAT : 0;
	return header;
}

#endif
