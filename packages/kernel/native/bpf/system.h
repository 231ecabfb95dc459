/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Credentials, namespaces, tracing, bpf, io_uring, signals, modules. */
#ifndef REDOUBT_SYSTEM_H
#define REDOUBT_SYSTEM_H

#define PTRACE_POKETEXT 4
#define PTRACE_POKEDATA 5
#define PTRACE_POKEUSR 6
#define PTRACE_SETREGS 13
#define PTRACE_ATTACH 16
#define PTRACE_SETREGSET 0x4205
#define PTRACE_SEIZE 0x4206

static __always_inline bool request_matters(__u64 request)
{
	return (request >= PTRACE_POKETEXT && request <= PTRACE_POKEUSR) || request == PTRACE_SETREGS ||
	       request == PTRACE_ATTACH || request == PTRACE_SEIZE || request == PTRACE_SETREGSET;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(call_system, struct pt_regs *regs, long result)
{
	if (!result_matters(result))
		return 0;
	struct task_struct *task = bpf_get_current_task_btf();
	const struct call *call = &calls[call_index(regs, task) & 63];
	__u32 kind = call->kind;
	struct scratch *s = scratch_here();
	if (!s || process_is_ignored(task->tgid) || kind_is_off(kind))
		return 0;
	read_arguments(regs, call_is_compat(task), s->args);
	__u64 *number = numbers_of(s);
	const struct cred *cred = task->cred;

	switch (kind) {
	case KIND_PROCESS_SET_ID:
		begin_call(s, kind, task, regs, result, 6);
		number[0] = cred->uid.val;
		number[1] = cred->euid.val;
		number[2] = cred->suid.val;
		number[3] = cred->gid.val;
		number[4] = cred->egid.val;
		number[5] = cred->sgid.val;
		break;
	case KIND_PROCESS_CAPSET:
		begin_call(s, kind, task, regs, result, 3);
		number[0] = capabilities(&cred->cap_effective);
		number[1] = capabilities(&cred->cap_permitted);
		number[2] = capabilities(&cred->cap_inheritable);
		break;
	case KIND_PROCESS_PTRACE:
		if (!request_matters(s->args[0]))
			return 0;
		begin_call(s, kind, task, regs, result, 2);
		number[0] = s->args[0];
		number[1] = (__u32)s->args[1];
		break;
	case KIND_PROCESS_VM_WRITE:
		begin_call(s, kind, task, regs, result, 2);
		number[0] = (__u32)s->args[0];
		number[1] = result < 0 ? 0 : result;
		break;
	case KIND_PROCESS_SETNS:
		begin_call(s, kind, task, regs, result, 2);
		number[0] = (__u32)s->args[1];
		number[1] = task->nsproxy->mnt_ns->ns.inum;
		break;
	default: /* unshare(flags), bpf(command), io_uring_setup(entries) */
		begin_call(s, kind, task, regs, result, 2);
		number[0] = (__u32)s->args[0];
		number[1] = 0;
	}
	finish(s);
	return 0;
}

/* Signals that a process sends to one of another user. May run in any context: the record stands on the stack. */
SEC("tp_btf/signal_generate")
int BPF_PROG(signal_generate, int signal, struct kernel_siginfo *info, struct task_struct *target, int group, int result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	int code = 1;
	/* `info` can be one of two small numbers that stand for signals of the kernel. */
	if (signal == 0 || bpf_probe_read_kernel(&code, sizeof(code), &info->si_code))
		return 0;
	if (code != 0 /* SI_USER */ && code != -6 /* SI_TKILL */)
		return 0;
	if (task->cred->uid.val == target->cred->uid.val || kind_is_off(KIND_PROCESS_SIGNAL) ||
	    process_is_ignored(task->tgid))
		return 0;
	struct { struct record_header header; __u64 number[4]; } record = {};
	fill_header(&record.header, KIND_PROCESS_SIGNAL, task, 4);
	record.header.size = sizeof(record);
	record.number[0] = signal;
	record.number[1] = target->tgid;
	record.number[2] = target->group_leader->start_boottime;
	record.number[3] = target->cred->uid.val;
	submit(&record, sizeof(record), KIND_PROCESS_SIGNAL);
	return 0;
}

/* io_uring does the work of system calls without any: what it is given is recorded, not what becomes of it. */
SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(io_uring_submit_req, struct io_kiocb *request)
{
	__u8 operation = request->opcode;
	/* connect, openat, openat2, renameat, unlinkat, mkdirat, symlinkat, linkat (enum io_uring_op) */
	if (operation != 16 && operation != 18 && operation != 28 && !(operation >= 35 && operation <= 39))
		return 0;
	struct task_struct *task = bpf_get_current_task_btf();
	if (process_is_ignored(task->tgid) || kind_is_off(KIND_PROCESS_IO_URING_SUBMIT))
		return 0;
	struct { struct record_header header; __u64 number[2]; } record = {};
	fill_header(&record.header, KIND_PROCESS_IO_URING_SUBMIT, task, 2);
	record.header.size = sizeof(record);
	record.number[0] = operation;
	submit(&record, sizeof(record), KIND_PROCESS_IO_URING_SUBMIT);
	return 0;
}

/* The kernel's own word on modules; the name is not in the arguments of init_module. */
static __always_inline int module_record(struct module *module, __u32 kind)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct scratch *s = scratch_here();
	if (!s || kind_is_off(kind))
		return 0;
	begin(s, kind, task, 1);
	numbers_of(s)[0] = 0;
	put_kernel_text(s, SECTION_NAME, module->name);
	finish(s);
	return 0;
}

SEC("tp_btf/module_load")
int BPF_PROG(module_load, struct module *module)
{
	return module_record(module, KIND_KERNEL_MODULE_LOAD);
}

SEC("tp_btf/module_free")
int BPF_PROG(module_free, struct module *module)
{
	return module_record(module, KIND_KERNEL_MODULE_UNLOAD);
}

#endif
