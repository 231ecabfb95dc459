/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Which system calls are looked at and what each of them means. A call that is not looked at costs one byte read
 * from `native_calls`. Numbers come from the target's own headers; newer ones that the headers may lack are the
 * same on both architectures.
 */
#ifndef REDOUBT_CALLS_H
#define REDOUBT_CALLS_H

#include <asm/unistd.h>

#ifndef __NR_fchmodat2
#define __NR_fchmodat2 452
#endif

#define NONE (-1)
#define AT_CWD (-2)     /* relative paths start at the current directory */

#define CALL_ANY_RESULT 1       /* recorded whatever it returns */

/* Everything about a call that concerns paths is this table; the numbers are positions of arguments. */
struct call {
	__u8 handler, kind, flags;
	__s8 directory, path, directory2, path2, name;
	__u8 number_count;      /* leading members of Numbers.file that are filled */
	__s8 number_flags, number_mode, number_uid, number_gid, number_length;
};

enum call_index {
	CALL_NONE = 0,
	CALL_OPEN, CALL_OPENAT, CALL_OPENAT2, CALL_CREAT,
	CALL_UNLINK, CALL_UNLINKAT, CALL_RMDIR, CALL_RENAME, CALL_RENAMEAT, CALL_RENAMEAT2,
	CALL_LINK, CALL_LINKAT, CALL_SYMLINK, CALL_SYMLINKAT, CALL_MKDIR, CALL_MKDIRAT, CALL_MKNOD, CALL_MKNODAT,
	CALL_CHMOD, CALL_FCHMODAT, CALL_FCHMODAT2, CALL_FCHMOD, CALL_CHOWN, CALL_FCHOWNAT, CALL_FCHOWN,
	CALL_SETXATTR, CALL_FSETXATTR, CALL_TRUNCATE, CALL_FTRUNCATE, CALL_TRUNCATE64, CALL_FTRUNCATE64,
	CALL_MOUNT, CALL_UMOUNT, CALL_OLDUMOUNT, CALL_PIVOT_ROOT, CALL_MOVE_MOUNT, CALL_OPEN_TREE, CALL_FSMOUNT,
	CALL_MEMFD_CREATE, CALL_MMAP, CALL_OLD_MMAP, CALL_MPROTECT,
	CALL_CONNECT, CALL_ACCEPT, CALL_BIND, CALL_LISTEN, CALL_SOCKET, CALL_SOCKETCALL,
	CALL_SET_ID, CALL_CAPSET, CALL_UNSHARE, CALL_SETNS, CALL_PTRACE, CALL_VM_WRITEV, CALL_BPF,
	CALL_IO_URING_SETUP, CALL_INIT_MODULE, CALL_FINIT_MODULE, CALL_DELETE_MODULE,
	CALL_COUNT,
};
_Static_assert(CALL_COUNT <= 64, "calls[] is indexed with & 63");

#define NO_PATHS .directory = NONE, .path = NONE, .directory2 = NONE, .path2 = NONE, .name = NONE
#define NO_NUMBERS .number_flags = NONE, .number_mode = NONE, .number_uid = NONE, .number_gid = NONE, \
	.number_length = NONE
#define FILE_CALL(kind_, dir, at) .handler = HANDLER_PATHS, .kind = kind_, NO_PATHS, NO_NUMBERS, \
	.directory = dir, .path = at
#define DESCRIPTOR_CALL(kind_) .handler = HANDLER_DESCRIPTOR, .kind = kind_, NO_PATHS, NO_NUMBERS
#define OTHER_CALL(handler_, kind_) { .handler = handler_, .kind = kind_, NO_PATHS, NO_NUMBERS }

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Winitializer-overrides"
static const struct call calls[64] = {
	[CALL_OPEN] = OTHER_CALL(HANDLER_OPEN, KIND_FILE_WRITE),
	[CALL_OPENAT] = OTHER_CALL(HANDLER_OPEN, KIND_FILE_WRITE),
	[CALL_OPENAT2] = OTHER_CALL(HANDLER_OPEN, KIND_FILE_WRITE),
	[CALL_CREAT] = OTHER_CALL(HANDLER_OPEN, KIND_FILE_WRITE),
	[CALL_UNLINK] = { FILE_CALL(KIND_FILE_UNLINK, AT_CWD, 0) },
	[CALL_UNLINKAT] = { FILE_CALL(KIND_FILE_UNLINK, 0, 1), .number_count = 1, .number_flags = 2 },
	[CALL_RMDIR] = { FILE_CALL(KIND_FILE_RMDIR, AT_CWD, 0) },
	[CALL_RENAME] = { FILE_CALL(KIND_FILE_RENAME, AT_CWD, 0), .directory2 = AT_CWD, .path2 = 1 },
	[CALL_RENAMEAT] = { FILE_CALL(KIND_FILE_RENAME, 0, 1), .directory2 = 2, .path2 = 3 },
	[CALL_RENAMEAT2] = { FILE_CALL(KIND_FILE_RENAME, 0, 1), .directory2 = 2, .path2 = 3, .number_count = 1,
			     .number_flags = 4 },
	[CALL_LINK] = { FILE_CALL(KIND_FILE_LINK, AT_CWD, 0), .directory2 = AT_CWD, .path2 = 1 },
	[CALL_LINKAT] = { FILE_CALL(KIND_FILE_LINK, 0, 1), .directory2 = 2, .path2 = 3, .number_count = 1,
			  .number_flags = 4 },
	[CALL_SYMLINK] = { FILE_CALL(KIND_FILE_SYMLINK, AT_CWD, 1), .name = 0 },
	[CALL_SYMLINKAT] = { FILE_CALL(KIND_FILE_SYMLINK, 1, 2), .name = 0 },
	[CALL_MKDIR] = { FILE_CALL(KIND_FILE_MKDIR, AT_CWD, 0), .number_count = 2, .number_mode = 1 },
	[CALL_MKDIRAT] = { FILE_CALL(KIND_FILE_MKDIR, 0, 1), .number_count = 2, .number_mode = 2 },
	[CALL_MKNOD] = { FILE_CALL(KIND_FILE_MKNOD, AT_CWD, 0), .number_count = 2, .number_mode = 1 },
	[CALL_MKNODAT] = { FILE_CALL(KIND_FILE_MKNOD, 0, 1), .number_count = 2, .number_mode = 2 },
	[CALL_CHMOD] = { FILE_CALL(KIND_FILE_CHMOD, AT_CWD, 0), .number_count = 2, .number_mode = 1 },
	[CALL_FCHMODAT] = { FILE_CALL(KIND_FILE_CHMOD, 0, 1), .number_count = 2, .number_mode = 2 },
	[CALL_FCHMODAT2] = { FILE_CALL(KIND_FILE_CHMOD, 0, 1), .number_count = 2, .number_mode = 2,
			     .number_flags = 3 },
	[CALL_FCHMOD] = { DESCRIPTOR_CALL(KIND_FILE_CHMOD), .number_count = 4, .number_mode = 1 },
	[CALL_CHOWN] = { FILE_CALL(KIND_FILE_CHOWN, AT_CWD, 0), .number_count = 6, .number_uid = 1, .number_gid = 2 },
	[CALL_FCHOWNAT] = { FILE_CALL(KIND_FILE_CHOWN, 0, 1), .number_count = 6, .number_uid = 2, .number_gid = 3,
			    .number_flags = 4 },
	[CALL_FCHOWN] = { DESCRIPTOR_CALL(KIND_FILE_CHOWN), .number_count = 6, .number_uid = 1, .number_gid = 2 },
	[CALL_SETXATTR] = { FILE_CALL(KIND_FILE_SETXATTR, AT_CWD, 0), .name = 1, .number_count = 1, .number_flags = 4 },
	[CALL_FSETXATTR] = { DESCRIPTOR_CALL(KIND_FILE_SETXATTR), .name = 1, .number_count = 4, .number_flags = 4 },
	[CALL_TRUNCATE] = { FILE_CALL(KIND_FILE_TRUNCATE, AT_CWD, 0), .number_count = 7, .number_length = 1 },
	[CALL_TRUNCATE64] = { FILE_CALL(KIND_FILE_TRUNCATE, AT_CWD, 0), .number_count = 7, .number_length = 1 },
	[CALL_FTRUNCATE] = { DESCRIPTOR_CALL(KIND_FILE_TRUNCATE), .number_count = 7, .number_length = 1 },
	[CALL_FTRUNCATE64] = { DESCRIPTOR_CALL(KIND_FILE_TRUNCATE), .number_count = 7, .number_length = 1 },
	[CALL_MOUNT] = { FILE_CALL(KIND_FILE_MOUNT, AT_CWD, 1), .path2 = 0, .name = 2, .number_count = 1,
			 .number_flags = 3 },
	[CALL_UMOUNT] = { FILE_CALL(KIND_FILE_UMOUNT, AT_CWD, 0), .number_count = 1, .number_flags = 1 },
	[CALL_OLDUMOUNT] = { FILE_CALL(KIND_FILE_UMOUNT, AT_CWD, 0) },
	[CALL_PIVOT_ROOT] = { FILE_CALL(KIND_FILE_PIVOT_ROOT, AT_CWD, 0), .directory2 = AT_CWD, .path2 = 1 },
	[CALL_MOVE_MOUNT] = { FILE_CALL(KIND_FILE_MOUNT, 2, 3), .directory2 = 0, .path2 = 1, .number_count = 1,
			      .number_flags = 4 },
	[CALL_OPEN_TREE] = { FILE_CALL(KIND_FILE_MOUNT, 0, 1), .number_count = 1, .number_flags = 2 },
	[CALL_FSMOUNT] = { DESCRIPTOR_CALL(KIND_FILE_MOUNT), .number_count = 1, .number_flags = 1 },
	[CALL_MEMFD_CREATE] = { .handler = HANDLER_PATHS, .kind = KIND_MEMORY_MEMFD_CREATE, NO_PATHS, NO_NUMBERS,
				.name = 0, .number_count = 1, .number_flags = 1 },
	[CALL_MMAP] = OTHER_CALL(HANDLER_MEMORY, KIND_MEMORY_WX),
	[CALL_OLD_MMAP] = OTHER_CALL(HANDLER_MEMORY, KIND_MEMORY_WX),
	[CALL_MPROTECT] = OTHER_CALL(HANDLER_MEMORY, KIND_MEMORY_WX),
	[CALL_CONNECT] = OTHER_CALL(HANDLER_SOCKET, KIND_NETWORK_CONNECT),
	[CALL_ACCEPT] = OTHER_CALL(HANDLER_SOCKET, KIND_NETWORK_ACCEPT),
	[CALL_BIND] = OTHER_CALL(HANDLER_SOCKET, KIND_NETWORK_BIND),
	[CALL_LISTEN] = OTHER_CALL(HANDLER_SOCKET, KIND_NETWORK_LISTEN),
	[CALL_SOCKET] = OTHER_CALL(HANDLER_SOCKET, KIND_NONE),
	[CALL_SOCKETCALL] = OTHER_CALL(HANDLER_SOCKET, KIND_NONE),
	[CALL_SET_ID] = OTHER_CALL(HANDLER_SYSTEM, KIND_PROCESS_SET_ID),
	[CALL_CAPSET] = OTHER_CALL(HANDLER_SYSTEM, KIND_PROCESS_CAPSET),
	[CALL_UNSHARE] = OTHER_CALL(HANDLER_SYSTEM, KIND_PROCESS_UNSHARE),
	[CALL_SETNS] = OTHER_CALL(HANDLER_SYSTEM, KIND_PROCESS_SETNS),
	[CALL_PTRACE] = OTHER_CALL(HANDLER_SYSTEM, KIND_PROCESS_PTRACE),
	[CALL_VM_WRITEV] = OTHER_CALL(HANDLER_SYSTEM, KIND_PROCESS_VM_WRITE),
	[CALL_BPF] = OTHER_CALL(HANDLER_SYSTEM, KIND_KERNEL_BPF),
	[CALL_IO_URING_SETUP] = OTHER_CALL(HANDLER_SYSTEM, KIND_PROCESS_IO_URING_SETUP),
	[CALL_INIT_MODULE] = { .handler = HANDLER_PATHS, .kind = KIND_KERNEL_MODULE_LOAD, .flags = CALL_ANY_RESULT,
			       NO_PATHS, NO_NUMBERS },
	[CALL_FINIT_MODULE] = { DESCRIPTOR_CALL(KIND_KERNEL_MODULE_LOAD), .flags = CALL_ANY_RESULT, .number_count = 4,
				.number_flags = 2 },
	[CALL_DELETE_MODULE] = { .handler = HANDLER_PATHS, .kind = KIND_KERNEL_MODULE_UNLOAD, .flags = CALL_ANY_RESULT,
				 NO_PATHS, NO_NUMBERS, .name = 0, .number_count = 1, .number_flags = 1 },
};

static const __u8 native_calls[CALL_TABLE] = {
#ifdef __NR_open /* x86_64 keeps the old forms, arm64 has only the …at ones */
	[__NR_open] = CALL_OPEN, [__NR_creat] = CALL_CREAT, [__NR_unlink] = CALL_UNLINK, [__NR_rmdir] = CALL_RMDIR,
	[__NR_rename] = CALL_RENAME, [__NR_link] = CALL_LINK, [__NR_symlink] = CALL_SYMLINK,
	[__NR_mkdir] = CALL_MKDIR, [__NR_mknod] = CALL_MKNOD, [__NR_chmod] = CALL_CHMOD, [__NR_chown] = CALL_CHOWN,
	[__NR_lchown] = CALL_CHOWN,
#endif
#ifdef __NR_renameat
	[__NR_renameat] = CALL_RENAMEAT,
#endif
#ifdef __NR3264_truncate
	[__NR3264_truncate] = CALL_TRUNCATE, [__NR3264_ftruncate] = CALL_FTRUNCATE, [__NR3264_mmap] = CALL_MMAP,
#else
	[__NR_truncate] = CALL_TRUNCATE, [__NR_ftruncate] = CALL_FTRUNCATE, [__NR_mmap] = CALL_MMAP,
#endif
	[__NR_openat] = CALL_OPENAT, [__NR_openat2] = CALL_OPENAT2, [__NR_unlinkat] = CALL_UNLINKAT,
	[__NR_renameat2] = CALL_RENAMEAT2, [__NR_linkat] = CALL_LINKAT, [__NR_symlinkat] = CALL_SYMLINKAT,
	[__NR_mkdirat] = CALL_MKDIRAT, [__NR_mknodat] = CALL_MKNODAT, [__NR_fchmodat] = CALL_FCHMODAT,
	[__NR_fchmodat2] = CALL_FCHMODAT2, [__NR_fchmod] = CALL_FCHMOD, [__NR_fchownat] = CALL_FCHOWNAT,
	[__NR_fchown] = CALL_FCHOWN, [__NR_setxattr] = CALL_SETXATTR, [__NR_lsetxattr] = CALL_SETXATTR,
	[__NR_fsetxattr] = CALL_FSETXATTR, [__NR_mount] = CALL_MOUNT, [__NR_umount2] = CALL_UMOUNT,
	[__NR_pivot_root] = CALL_PIVOT_ROOT, [__NR_move_mount] = CALL_MOVE_MOUNT, [__NR_open_tree] = CALL_OPEN_TREE,
	[__NR_fsmount] = CALL_FSMOUNT, [__NR_memfd_create] = CALL_MEMFD_CREATE, [__NR_mprotect] = CALL_MPROTECT,
	[__NR_pkey_mprotect] = CALL_MPROTECT, [__NR_connect] = CALL_CONNECT, [__NR_accept] = CALL_ACCEPT,
	[__NR_accept4] = CALL_ACCEPT, [__NR_bind] = CALL_BIND, [__NR_listen] = CALL_LISTEN, [__NR_socket] = CALL_SOCKET,
	[__NR_setuid] = CALL_SET_ID, [__NR_setgid] = CALL_SET_ID, [__NR_setreuid] = CALL_SET_ID,
	[__NR_setregid] = CALL_SET_ID, [__NR_setresuid] = CALL_SET_ID, [__NR_setresgid] = CALL_SET_ID,
	[__NR_setfsuid] = CALL_SET_ID, [__NR_setfsgid] = CALL_SET_ID, [__NR_setgroups] = CALL_SET_ID,
	[__NR_capset] = CALL_CAPSET, [__NR_unshare] = CALL_UNSHARE, [__NR_setns] = CALL_SETNS,
	[__NR_ptrace] = CALL_PTRACE, [__NR_process_vm_writev] = CALL_VM_WRITEV, [__NR_bpf] = CALL_BPF,
	[__NR_io_uring_setup] = CALL_IO_URING_SETUP, [__NR_init_module] = CALL_INIT_MODULE,
	[__NR_finit_module] = CALL_FINIT_MODULE, [__NR_delete_module] = CALL_DELETE_MODULE,
};

/* The 32-bit table: i386 and arm EABI agree on most numbers (arch/x86/entry/syscalls/syscall_32.tbl, arch/arm). */
static const __u8 compat_calls[CALL_TABLE] = {
	[5] = CALL_OPEN, [8] = CALL_CREAT, [9] = CALL_LINK, [10] = CALL_UNLINK, [14] = CALL_MKNOD, [15] = CALL_CHMOD,
	[16] = CALL_CHOWN, [21] = CALL_MOUNT, [23] = CALL_SET_ID, [26] = CALL_PTRACE, [38] = CALL_RENAME,
	[39] = CALL_MKDIR, [40] = CALL_RMDIR, [46] = CALL_SET_ID, [52] = CALL_UMOUNT, [70] = CALL_SET_ID,
	[71] = CALL_SET_ID, [81] = CALL_SET_ID, [83] = CALL_SYMLINK, [92] = CALL_TRUNCATE, [93] = CALL_FTRUNCATE,
	[94] = CALL_FCHMOD, [95] = CALL_FCHOWN, [125] = CALL_MPROTECT, [128] = CALL_INIT_MODULE,
	[129] = CALL_DELETE_MODULE, [138] = CALL_SET_ID, [139] = CALL_SET_ID, [164] = CALL_SET_ID,
	[170] = CALL_SET_ID, [182] = CALL_CHOWN, [185] = CALL_CAPSET, [192] = CALL_MMAP, [193] = CALL_TRUNCATE64,
	[194] = CALL_FTRUNCATE64, [198] = CALL_CHOWN, [203] = CALL_SET_ID, [204] = CALL_SET_ID, [206] = CALL_SET_ID,
	[207] = CALL_FCHOWN, [208] = CALL_SET_ID, [210] = CALL_SET_ID, [212] = CALL_CHOWN, [213] = CALL_SET_ID,
	[214] = CALL_SET_ID, [215] = CALL_SET_ID, [216] = CALL_SET_ID,
	[425] = CALL_IO_URING_SETUP, [428] = CALL_OPEN_TREE, [429] = CALL_MOVE_MOUNT, [432] = CALL_FSMOUNT,
	[437] = CALL_OPENAT2, [452] = CALL_FCHMODAT2,
#if defined(__TARGET_ARCH_x86)
	[22] = CALL_OLDUMOUNT, [90] = CALL_OLD_MMAP, [102] = CALL_SOCKETCALL, [217] = CALL_PIVOT_ROOT,
	[226] = CALL_SETXATTR, [227] = CALL_SETXATTR, [228] = CALL_FSETXATTR, [295] = CALL_OPENAT,
	[296] = CALL_MKDIRAT, [297] = CALL_MKNODAT, [298] = CALL_FCHOWNAT, [301] = CALL_UNLINKAT,
	[302] = CALL_RENAMEAT, [303] = CALL_LINKAT, [304] = CALL_SYMLINKAT, [306] = CALL_FCHMODAT,
	[310] = CALL_UNSHARE, [346] = CALL_SETNS, [348] = CALL_VM_WRITEV, [350] = CALL_FINIT_MODULE,
	[353] = CALL_RENAMEAT2, [356] = CALL_MEMFD_CREATE, [357] = CALL_BPF, [359] = CALL_SOCKET, [361] = CALL_BIND,
	[362] = CALL_CONNECT, [363] = CALL_LISTEN, [364] = CALL_ACCEPT, [380] = CALL_MPROTECT,
#elif defined(__TARGET_ARCH_arm64)
	[218] = CALL_PIVOT_ROOT, [226] = CALL_SETXATTR, [227] = CALL_SETXATTR, [228] = CALL_FSETXATTR,
	[281] = CALL_SOCKET, [282] = CALL_BIND, [283] = CALL_CONNECT, [284] = CALL_LISTEN, [285] = CALL_ACCEPT, [322] = CALL_OPENAT,
	[323] = CALL_MKDIRAT, [324] = CALL_MKNODAT, [325] = CALL_FCHOWNAT, [328] = CALL_UNLINKAT,
	[329] = CALL_RENAMEAT, [330] = CALL_LINKAT, [331] = CALL_SYMLINKAT, [333] = CALL_FCHMODAT,
	[337] = CALL_UNSHARE, [366] = CALL_ACCEPT, [375] = CALL_SETNS, [377] = CALL_VM_WRITEV,
	[379] = CALL_FINIT_MODULE, [382] = CALL_RENAMEAT2, [385] = CALL_MEMFD_CREATE, [386] = CALL_BPF,
	[394] = CALL_MPROTECT,
#endif
};
#pragma clang diagnostic pop

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, HANDLER_COUNT);
	__type(key, __u32);
	__type(value, __u32);
} handlers SEC(".maps");

#endif
