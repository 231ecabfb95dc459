/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Calls that name files: by path, by descriptor, and opening. */
#ifndef REDOUBT_FILES_H
#define REDOUBT_FILES_H

#define O_ACCMODE 3
#define O_WRONLY 1
#define O_CREAT 0100
#define O_TRUNC 01000
#define FMODE_WRITE 2
#define FMODE_CREATED 0x100000
#define S_IFMT 0170000
#define S_IFREG 0100000
#define S_IFBLK 0060000
#define S_IFCHR 0020000
#define AT_REMOVEDIR 0x200

/* Adds a path argument; a relative one with the directory that it starts from. */
static __always_inline void put_path_argument(struct scratch *s, struct task_struct *task, __u32 tag, __u32 directory_tag,
					      __u64 address, __s8 directory)
{
	__u64 start = s->offset;
	put_user_text(s, tag, address);
	opaque(start);
	if (start > LAST_SECTION_START)
		return;
	/* The copy rather than the caller's text, which may have changed; it is empty when it could not be read. */
	if (s->data[start + SECTION_HEADER_SIZE] != '/' && directory != NONE)
		put_directory(s, directory_tag, task,
			      directory == AT_CWD ? -100 : (__s32)s->args[directory & 7]);
}

static __always_inline __u64 argument(const struct scratch *s, __s8 position)
{
	return position == NONE ? 0 : s->args[position & 7];
}

/* Numbers.file: flags, mode, inode, device, uid, gid, length. All are written; number_count says how many stay. */
static __always_inline void put_file_numbers(struct scratch *s, const struct call *call)
{
	__u64 *number = numbers_of(s);
	number[0] = argument(s, call->number_flags);
	number[1] = argument(s, call->number_mode) & 0xffff;
	number[2] = 0;
	number[3] = 0;
	number[4] = (__u32)argument(s, call->number_uid);
	number[5] = (__u32)argument(s, call->number_gid);
	number[6] = argument(s, call->number_length);
}

/* 32-bit callers pass a 64-bit length in two registers (on arm in an aligned pair). */
static __always_inline void join_length(struct scratch *s, __u32 index)
{
	if (index != CALL_TRUNCATE64 && index != CALL_FTRUNCATE64)
		return;
#if defined(__TARGET_ARCH_x86)
	s->args[1] |= s->args[2] << 32;
#else
	s->args[1] = s->args[2] | s->args[3] << 32;
#endif
}

/* 16-bit owner numbers of the oldest 32-bit calls: -1 means "leave as it is". */
static __always_inline void widen_owner(struct scratch *s, struct pt_regs *regs, bool compat)
{
	__u32 number = call_number(regs);
	if (!compat || (number != 16 && number != 95 && number != 182))
		return;
	s->args[1] = (s->args[1] & 0xffff) == 0xffff ? 0xffffffff : s->args[1] & 0xffff;
	s->args[2] = (s->args[2] & 0xffff) == 0xffff ? 0xffffffff : s->args[2] & 0xffff;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(call_paths, struct pt_regs *regs, long result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 index = call_index(regs, task) & 63;
	const struct call *call = &calls[index];
	if (!result_matters(result) && !(call->flags & CALL_ANY_RESULT))
		return 0;
	struct scratch *s = scratch_here();
	if (!s || process_is_ignored(task->tgid))
		return 0;
	bool compat = call_is_compat(task);
	read_arguments(regs, compat, s->args);
	__u32 kind = call->kind;
	if (index == CALL_UNLINKAT && (s->args[2] & AT_REMOVEDIR))
		kind = KIND_FILE_RMDIR;
	/* Only an open_tree that clones makes a mount. */
	if (kind_is_off(kind) || (index == CALL_OPEN_TREE && !(s->args[2] & 1)))
		return 0;
	join_length(s, index);
	widen_owner(s, regs, compat);

	__u32 number_count = call->number_count & 7;
	begin_call(s, kind, task, regs, result, number_count);
	put_file_numbers(s, call);
	if (call->path != NONE) {
		put_path_argument(s, task, SECTION_USER_PATH, SECTION_DIRECTORY, argument(s, call->path), call->directory);
		put_root_if_changed(s, task);
	}
	if (call->path2 != NONE)
		put_path_argument(s, task, SECTION_USER_PATH2, SECTION_DIRECTORY2, argument(s, call->path2),
				  call->directory2);
	if (call->name != NONE)
		put_user_text(s, SECTION_NAME, argument(s, call->name));
	finish(s);
	return 0;
}

static __always_inline __u32 device_of(struct inode *inode)
{
	return LOAD(super_block, LOAD(inode, inode, i_sb), s_dev);
}

/* Adds identity and path of an open file. */
static __always_inline void put_file(struct scratch *s, struct file *file)
{
	__u64 *number = numbers_of(s);
	struct inode *inode = LOAD(file, file, f_inode);
	number[2] = LOAD(inode, inode, i_ino);
	number[3] = device_of(inode);
	put_path(s, SECTION_PATH, (__u64)LOAD(file, file, f_path.dentry), (__u64)LOAD(file, file, f_path.mnt));
}

SEC("tp_btf/sys_exit")
int BPF_PROG(call_descriptor, struct pt_regs *regs, long result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 index = call_index(regs, task) & 63;
	const struct call *call = &calls[index];
	if (!result_matters(result) && !(call->flags & CALL_ANY_RESULT))
		return 0;
	struct scratch *s = scratch_here();
	if (!s || process_is_ignored(task->tgid) || kind_is_off(call->kind))
		return 0;
	bool compat = call_is_compat(task);
	read_arguments(regs, compat, s->args);
	join_length(s, index);
	widen_owner(s, regs, compat);
	begin_call(s, call->kind, task, regs, result, call->number_count & 7);
	put_file_numbers(s, call);
	struct file *file = file_of_descriptor(task, (__u32)s->args[0]);
	if (file && call->number_count >= 4)
		put_file(s, file);
	if (call->name != NONE)
		put_user_text(s, SECTION_NAME, argument(s, call->name));
	finish(s);
	return 0;
}

/* Whether opening this for writing says anything: not for terminals, pipes and /dev/null. */
static __always_inline bool written_file_matters(struct inode *inode)
{
	__u16 type = LOAD(inode, inode, i_mode) & S_IFMT;
	if (type == S_IFREG || type == S_IFBLK)
		return true;
	__u32 device = LOAD(inode, inode, i_rdev);
	/* /dev/mem, /dev/kmem, /dev/port */
	return type == S_IFCHR && device >> 20 == 1 && ((device & 0xfffff) < 3 || (device & 0xfffff) == 4);
}

static __always_inline bool file_is_listed(void *map, struct inode *inode)
{
	struct file_key key = { .inode = LOAD(inode, inode, i_ino), .device = device_of(inode) };
	return bpf_map_lookup_elem(map, &key);
}

/* A refused attempt to write: there is no file to ask, so the caller's path stands in the record. */
static __always_inline int refused_open(struct scratch *s, struct task_struct *task, struct pt_regs *regs, long result,
					__u32 index, __u32 flags)
{
	__u32 kind = flags & O_CREAT ? KIND_FILE_CREATE : KIND_FILE_WRITE;
	if (kind_is_off(kind))
		return 0;
	bool at = index == CALL_OPENAT || index == CALL_OPENAT2;
	begin_call(s, kind, task, regs, result, 1);
	numbers_of(s)[0] = flags;
	put_path_argument(s, task, SECTION_USER_PATH, SECTION_DIRECTORY, s->args[at ? 1 : 0], at ? 0 : AT_CWD);
	put_root_if_changed(s, task);
	finish(s);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(call_open, struct pt_regs *regs, long result)
{
	if (!result_matters(result))
		return 0;
	struct task_struct *task = bpf_get_current_task_btf();
	struct scratch *s = scratch_here();
	if (!s)
		return 0;
	__u32 index = call_index(regs, task);
	__u64 flags;
	read_arguments(regs, call_is_compat(task), s->args);
	if (index == CALL_OPENAT) {
		flags = s->args[2];
	} else if (index == CALL_OPEN) {
		flags = s->args[1];
	} else if (index == CALL_CREAT) {
		flags = O_CREAT | O_WRONLY | O_TRUNC;
	} else {
		flags = 0;
		bpf_probe_read_user(&flags, sizeof(flags), (void *)s->args[2]);
	}
	bool writes = flags & (O_ACCMODE | O_CREAT | O_TRUNC);
	if (!writes && !settings.watched_count)
		return 0;
	if (process_is_ignored(task->tgid))
		return 0;
	if (result < 0)
		return writes ? refused_open(s, task, regs, result, index, flags) : 0;

	struct file *file = file_of_descriptor(task, result);
	if (!file)
		return 0;
	struct inode *inode = LOAD(file, file, f_inode);
	__u32 mode = LOAD(file, file, f_mode), kind;
	if (mode & FMODE_CREATED)
		kind = KIND_FILE_CREATE;
	else if (mode & FMODE_WRITE)
		kind = KIND_FILE_WRITE;
	else
		kind = KIND_FILE_READ;
	if (kind_is_off(kind))
		return 0;
	if (kind == KIND_FILE_READ ? !settings.watched_count || !file_is_listed(&watched_reads, inode)
				   : !written_file_matters(inode))
		return 0;
	if (settings.ignored_directory_count && kind != KIND_FILE_READ &&
	    file_is_listed(&ignored_directories, BPF_CORE_READ(file, f_path.dentry, d_parent, d_inode)))
		return 0;
	begin_call(s, kind, task, regs, result, 4);
	numbers_of(s)[0] = flags;
	numbers_of(s)[1] = LOAD(inode, inode, i_mode);
	put_file(s, file);
	finish(s);
	return 0;
}

#endif
