/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Fork, exec and exit of processes. */
#ifndef REDOUBT_PROCESS_H
#define REDOUBT_PROCESS_H

#define ARGUMENTS_MAX 4096
#define ENVIRONMENT_MAX 2048
#define ENVIRONMENT_STRINGS 128
#define ENVIRONMENT_STRING_MAX 512

/* A capability set was two 32-bit words before Linux 6.3; the bits are the same. */
static __always_inline __u64 capabilities(const void *set)
{
	__u64 value = 0;
	bpf_probe_read_kernel(&value, sizeof(value), set);
	return value;
}

static __always_inline __u32 pid_in_namespace(struct task_struct *task, __u32 *namespace)
{
	struct pid *pid = task->thread_pid;
	__u64 at = (__u64)pid + bpf_core_field_offset(struct pid, numbers) +
		   pid->level * bpf_core_type_size(struct upid);
	struct upid *own = (void *)at;
	if (namespace)
		*namespace = LOAD(pid_namespace, LOAD(upid, own, ns), ns.inum);
	return LOAD(upid, own, nr);
}

static __always_inline __u64 modified_of(struct inode *inode)
{
	if (bpf_core_field_exists(inode->i_mtime_sec))
		return LOAD(inode, inode, i_mtime_sec) * 1000000000ULL + LOAD(inode, inode, i_mtime_nsec);
	struct inode___6_7 *newer = (void *)inode;
	if (bpf_core_field_exists(newer->__i_mtime))
		return BPF_CORE_READ(newer, __i_mtime.tv_sec) * 1000000000ULL +
		       BPF_CORE_READ(newer, __i_mtime.tv_nsec);
	struct inode___before_6_6 *older = (void *)inode;
	return BPF_CORE_READ(older, i_mtime.tv_sec) * 1000000000ULL + BPF_CORE_READ(older, i_mtime.tv_nsec);
}

/* Since Linux 6.13 bit 31 of the nanoseconds says that somebody asked for this time; it is no part of it. */
#define I_CTIME_QUERIED (1U << 31)

static __always_inline __u64 changed_of(struct inode *inode)
{
	if (bpf_core_field_exists(inode->i_ctime_sec))
		return LOAD(inode, inode, i_ctime_sec) * 1000000000ULL +
		       (LOAD(inode, inode, i_ctime_nsec) & ~I_CTIME_QUERIED);
	struct inode___6_6 *newer = (void *)inode;
	if (bpf_core_field_exists(newer->__i_ctime))
		return BPF_CORE_READ(newer, __i_ctime.tv_sec) * 1000000000ULL +
		       BPF_CORE_READ(newer, __i_ctime.tv_nsec);
	struct inode___before_6_6 *older = (void *)inode;
	return BPF_CORE_READ(older, i_ctime.tv_sec) * 1000000000ULL + BPF_CORE_READ(older, i_ctime.tv_nsec);
}

static __always_inline __u64 prefix(const char text[8])
{
	__u64 value = 0;
#pragma unroll
	for (int i = 7; i >= 0; i--)
		value = value << 8 | (__u8)text[i];
	return value;
}

/* Variables that change what a program loads or runs, and who came from where. */
static __always_inline bool variable_matters(__u64 first)
{
	return (first & 0xffffff) == ('L' | 'D' << 8 | '_' << 16) || first == prefix("GLIBC_TU") ||
	       first == prefix("BASH_ENV") || first == prefix("NODE_OPT") || first == prefix("PYTHONPA") ||
	       first == prefix("PYTHONST") || first == prefix("PERL5OPT") || first == prefix("PERL5LIB") ||
	       first == prefix("RUBYOPT=") || first == prefix("HISTFILE") || first == prefix("HISTSIZE") ||
	       first == prefix("PROMPT_C") || first == prefix("SSH_CONN") || first == prefix("SUDO_USE");
}

/* Adds the variables that matter, from the new program's memory at s->args[0] … s->args[1]. */
__attribute__((noinline)) int put_environment(void)
{
	struct scratch *s = scratch_here();
	if (!s)
		return 0;
	__u64 start = section_start(s);
	if (!start)
		return 0;
	__u32 flags = SECTION_FLAG_TRUNCATED;
	s->at = s->args[0];
	s->used = 0;
	s->inside = false; /* in the middle of a string that was longer than one read */
	for (int i = 0; i < ENVIRONMENT_STRINGS; i++) {
		forget_registers();
		__u64 at = s->at, used = s->used, to = start + SECTION_HEADER_SIZE + used;
		if (at >= s->args[1]) {
			flags = 0;
			break;
		}
		opaque(to);
		if (used > ENVIRONMENT_MAX || to > RECORD_SPACE - ENVIRONMENT_STRING_MAX)
			break;
		long length = bpf_probe_read_user_str(s->data + to, ENVIRONMENT_STRING_MAX, (void *)at);
		if (length <= 0) {
			flags = SECTION_FLAG_FAULT;
			break;
		}
		bool whole = length < ENVIRONMENT_STRING_MAX;
		if (!s->inside && length > 8 && variable_matters(*(__u64 *)(s->data + to)))
			s->used = used + (length & 0x3ff);
		s->inside = !whole;
		s->at = at + (whole ? length : length - 1);
	}
	section_end(s, start, SECTION_ENVIRONMENT, s->used, flags);
	return 0;
}

static __always_inline void put_arguments(struct scratch *s, struct mm_struct *mm)
{
	__u64 start = section_start(s);
	if (!start)
		return;
	__u64 length = mm->arg_end - mm->arg_start;
	__u32 flags = 0;
	if (length > ARGUMENTS_MAX) {
		length = ARGUMENTS_MAX;
		flags = SECTION_FLAG_TRUNCATED;
	}
	opaque(length);
	if (length > ARGUMENTS_MAX)
		return;
	if (bpf_probe_read_user(s->data + start + SECTION_HEADER_SIZE, length, (void *)mm->arg_start)) {
		length = 0;
		flags = SECTION_FLAG_FAULT;
	}
	section_end(s, start, SECTION_ARGUMENTS, length, flags);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(sched_process_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct scratch *s = scratch_here();
	if (!s || kind_is_off(KIND_PROCESS_EXEC))
		return 0;
	begin(s, KIND_PROCESS_EXEC, task, 20);
	__u64 *number = numbers_of(s);
	struct mm_struct *mm = task->mm;
	struct file *file = mm->exe_file;
	struct inode *inode = file->f_inode;
	struct cgroup *cgroup = cgroup_of(task);
	struct kernfs_node *node = LOAD(cgroup, cgroup, kn);
	__u32 pid_namespace = 0;

	number[0] = task->real_parent->tgid;
	number[1] = task->real_parent->group_leader->start_boottime;
	number[2] = task->cred->gid.val;
	number[3] = task->cred->egid.val;
	number[4] = capabilities(&task->cred->cap_effective);
	number[5] = bpf_core_field_exists(task->loginuid) ? task->loginuid.val : 0xffffffff;
	number[6] = bpf_core_field_exists(task->sessionid) ? task->sessionid : 0xffffffff;
	number[7] = pid_in_namespace(task, &pid_namespace);
	number[8] = task->nsproxy->mnt_ns->ns.inum;
	number[9] = pid_namespace;
	number[10] = LOAD(kernfs_node, node, id);
	number[11] = inode->i_ino;
	number[12] = inode->i_sb->s_dev;
	number[13] = inode->i_mode;
	number[14] = inode->i_uid.val;
	number[15] = inode->i_size;
	number[16] = modified_of(inode);
	number[17] = changed_of(inode);
	number[18] = inode->i_nlink;
	number[19] = inode->i_sb->s_magic;

	put_path(s, SECTION_PATH, (__u64)file->f_path.dentry, (__u64)file->f_path.mnt);
	put_arguments(s, mm);
	put_kernel_text(s, SECTION_FILENAME, bprm->filename);
	if (bprm->interp != bprm->filename)
		put_kernel_text(s, SECTION_INTERPRETER, bprm->interp);
	put_kernel_text(s, SECTION_COMMAND, task->comm);
	put_path(s, SECTION_WORKING_DIRECTORY, (__u64)task->fs->pwd.dentry, (__u64)task->fs->pwd.mnt);
	s->pointer = (__u64)node;
	walk_cgroup(SECTION_CGROUP);
	struct tty_struct *tty = task->signal->tty;
	if (tty)
		put_kernel_text(s, SECTION_TERMINAL, tty->name);
	s->args[0] = mm->env_start;
	s->args[1] = mm->env_end;
	put_environment();
	put_root_if_changed(s, task);
	/* A program without a name is gone for good when it ends: the reader opens it at once (addon/held.c). */
	finish_with(s, numbers_of(s)[EXEC_NUMBER_LINKS] == 0);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(sched_process_fork, struct task_struct *parent, struct task_struct *child)
{
	if (child->pid != child->tgid || kind_is_off(KIND_PROCESS_FORK))
		return 0; /* a thread */
	struct scratch *s = scratch_here();
	if (!s)
		return 0;
	begin(s, KIND_PROCESS_FORK, parent, 3);
	__u64 *number = numbers_of(s);
	number[0] = child->tgid;
	number[1] = child->start_boottime;
	number[2] = pid_in_namespace(child, 0);
	finish(s);
	return 0;
}

/* Processes with several threads whose end has been recorded. */
struct ended { __u64 start; __u32 pid; __u32 zero; };
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct ended);
	__type(value, __u8);
} ended_processes SEC(".maps");

SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit, struct task_struct *task)
{
	struct signal_struct *signal = task->signal;
	if (signal->live.counter != 0 || kind_is_off(KIND_PROCESS_EXIT))
		return 0; /* threads are left */
	struct task_struct *leader = task->group_leader;
	if (signal->nr_threads > 1) {
		/* Two threads that end at the same time both see live == 0: the first one reports. */
		struct ended key = { .start = leader->start_boottime, .pid = task->tgid };
		__u8 one = 1;
		if (bpf_map_update_elem(&ended_processes, &key, &one, BPF_NOEXIST))
			return 0;
	}
	struct scratch *s = scratch_here();
	if (!s)
		return 0;
	struct record_header *header = begin(s, KIND_PROCESS_EXIT, task, 2);
	__u64 *number = numbers_of(s);
	number[0] = signal->flags & 4 /* SIGNAL_GROUP_EXIT */ ? signal->group_exit_code : leader->exit_code;
	number[1] = header->time - leader->start_boottime;
	put_kernel_text(s, SECTION_COMMAND, leader->comm);
	finish(s);
	return 0;
}

#endif
