/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Memory that can be written and executed. */
#ifndef REDOUBT_MEMORY_H
#define REDOUBT_MEMORY_H

#define PROT_WRITE 2
#define PROT_EXEC 4
#define MAP_ANONYMOUS 0x20

struct mapping { __u64 found, has_file; };

static long look_at_mapping(struct task_struct *task, struct vm_area_struct *mapping, struct mapping *answer)
{
	answer->found = 1;
	answer->has_file = mapping->vm_file != 0;
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(call_memory, struct pt_regs *regs, long result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 args[8];
	bool compat = call_is_compat(task);
	__u32 index = call_index(regs, task);
	read_arguments(regs, compat, args);
	if (index == CALL_OLD_MMAP) {
		__u32 block[6] = {};
		bpf_probe_read_user(block, sizeof(block), (void *)args[0]);
#pragma unroll
		for (int i = 0; i < 6; i++)
			args[i] = block[i];
	}
	__u32 protection = args[2];
	if (!(protection & PROT_EXEC) || !(result_matters(result) || result < -4095))
		return 0;
	bool anonymous;
	__u64 address, flags = 0;
	if (index == CALL_MPROTECT) {
		/* mprotect(PROT_EXEC) is how every library's text is mapped late: only anonymous memory matters. */
		struct mapping answer = {};
		address = args[0];
		if (bpf_find_vma(task, address, look_at_mapping, &answer, 0) || !answer.found)
			return 0;
		anonymous = !answer.has_file;
		if (!(protection & PROT_WRITE) && !anonymous)
			return 0;
	} else {
		if (!(protection & PROT_WRITE))
			return 0;
		address = result;
		flags = (__u32)args[3];
		anonymous = flags & MAP_ANONYMOUS;
	}
	struct scratch *s = scratch_here();
	if (!s || process_is_ignored(task->tgid) || kind_is_off(KIND_MEMORY_WX))
		return 0;
	begin_call(s, KIND_MEMORY_WX, task, regs, result < 0 && result > -4096 ? result : 0, 5);
	__u64 *number = numbers_of(s);
	number[0] = address;
	number[1] = args[1];
	number[2] = protection;
	number[3] = flags;
	number[4] = anonymous;
	finish(s);
	return 0;
}

#endif
