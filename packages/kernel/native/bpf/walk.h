/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Paths from the kernel's own dentries. bpf_d_path is not available to tracepoint programs. */
#ifndef REDOUBT_WALK_H
#define REDOUBT_WALK_H

#define WALK_STEPS 320  /* components and mounts on the way up */
#define NAME_SPACE 256  /* NAME_MAX and a NUL */

/*
 * Adds the names from s->dentry (on the struct vfsmount s->mount) up to the root of the mount tree. Names are
 * stored as met, last component first; user space turns them round.
 */
__attribute__((noinline)) int walk_path(__u32 tag)
{
	struct scratch *s = scratch_here();
	if (!s)
		return 0;
	__u64 start = section_start(s);
	if (!start)
		return 0;
	struct mount *first = (void *)(s->mount - bpf_core_field_offset(struct mount, mnt));
	__u32 flags = SECTION_FLAG_TRUNCATED;
	s->mount = (__u64)first;
	s->top = (__u64)LOAD(mount, first, mnt.mnt_root);
	s->used = 0;

	for (int i = 0; i < WALK_STEPS; i++) {
		forget_registers();
		struct dentry *dentry = (void *)s->dentry;
		if (s->dentry == s->top) {
			struct mount *mount = (void *)s->mount;
			struct mount *above = LOAD(mount, mount, mnt_parent);
			if (above == mount || !above) {
				flags = 0;
				break;
			}
			s->dentry = (__u64)LOAD(mount, mount, mnt_mountpoint);
			s->top = (__u64)LOAD(mount, above, mnt.mnt_root);
			s->mount = (__u64)above;
			continue;
		}
		__u64 used = s->used, to = start + SECTION_HEADER_SIZE + used;
		opaque(to);
		if (used > SECTION_MAX - NAME_SPACE || to > RECORD_SPACE - NAME_SPACE)
			break;
		struct dentry *parent = LOAD(dentry, dentry, d_parent);
		long length = bpf_probe_read_kernel_str(s->data + to, NAME_SPACE, LOAD(dentry, dentry, d_name.name));
		if (length <= 0)
			break;
		if (parent == dentry || !parent) {
			/* A file without a directory (memfd, pipe) has a name, the root of a detached mount has "/". */
			if (length > 2)
				s->used = used + (length & 0x1ff);
			flags = 0;
			break;
		}
		s->used = used + (length & 0x1ff);
		s->dentry = (__u64)parent;
	}
	section_end(s, start, tag, s->used, flags);
	return 0;
}

static __always_inline void put_path(struct scratch *s, __u32 tag, __u64 dentry, __u64 mount)
{
	s->dentry = dentry;
	s->mount = mount;
	walk_path(tag);
}

/* Adds the root directory when the caller is in a chroot, so that its absolute paths can be placed. */
static __always_inline void put_root_if_changed(struct scratch *s, struct task_struct *task)
{
	struct dentry *dentry = task->fs->root.dentry;
	struct mount *mount = (void *)((__u64)task->fs->root.mnt - bpf_core_field_offset(struct mount, mnt));
	struct mount *parent = LOAD(mount, mount, mnt_parent);
	struct mount *grandparent = LOAD(mount, parent, mnt_parent);
	/* Usual: the root of a mount that is mounted on the very first root file system, or is that. */
	if (dentry == LOAD(mount, mount, mnt.mnt_root) && parent == grandparent)
		return;
	put_path(s, SECTION_ROOT, (__u64)dentry, (__u64)task->fs->root.mnt);
}

/* The file behind a descriptor, as an address to read from; 0 when there is none. */
static __always_inline struct file *file_of_descriptor(struct task_struct *task, __u64 descriptor)
{
	struct fdtable *table = task->files->fdt;
	struct file *file = 0;
	if (descriptor >= table->max_fds)
		return 0;
	bpf_probe_read_kernel(&file, sizeof(file), (void *)((__u64)table->fd + 8 * descriptor));
	return file;
}

/* Adds where a relative path starts: the current directory, or the directory behind a descriptor. */
static __always_inline void put_directory(struct scratch *s, __u32 tag, struct task_struct *task, __s32 descriptor)
{
	if (descriptor == -100) { /* AT_FDCWD */
		put_path(s, tag, (__u64)task->fs->pwd.dentry, (__u64)task->fs->pwd.mnt);
		return;
	}
	struct file *file = file_of_descriptor(task, (__u32)descriptor);
	if (file)
		put_path(s, tag, (__u64)LOAD(file, file, f_path.dentry), (__u64)LOAD(file, file, f_path.mnt));
}

#endif
