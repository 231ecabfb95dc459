/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Layout of one event record: what the eBPF programs write, what the flight recorder keeps, what
 * src/decode reads. All integers are in the machine's byte order (little-endian on both architectures).
 *
 *   struct record_header                 48 bytes
 *   u64 numbers[number_count]            meaning by kind, see src/decode/layout.ts
 *   sections, section_count of them, each  { u16 tag, u16 length, u32 flags, bytes, padding to 8 }
 *
 * A section of walked names holds NUL-terminated components from the last to the first.
 * Everything that changes here changes RECORD_LAYOUT_VERSION; test/layout.test.ts compares both sides.
 */
#ifndef REDOUBT_RECORD_H
#define REDOUBT_RECORD_H

#define RECORD_LAYOUT_VERSION 1
#define RECORD_HEADER_SIZE 48
#define SECTION_HEADER_SIZE 8

struct record_header {
	__u16 size;         /* whole record, a multiple of 8 */
	__u16 kind;         /* KIND_* */
	__u16 cpu;
	__u16 flags;        /* RECORD_FLAG_* */
	__u64 time;         /* CLOCK_BOOTTIME, nanoseconds */
	__u32 pid;          /* thread group, host pid namespace */
	__u32 tid;
	__u64 start;        /* start_boottime of the group leader, nanoseconds */
	__u32 uid;          /* real user id, host user namespace */
	__s32 result;       /* 0 or a return value; negative errno of a failure */
	__u8 number_count;
	__u8 section_count;
	__u16 call;         /* system call number (of the 32-bit table with RECORD_FLAG_COMPAT), or 0 */
	__u32 euid;
};

struct section_header {
	__u16 tag;          /* SECTION_* */
	__u16 length;       /* bytes that follow, without padding */
	__u32 flags;        /* SECTION_FLAG_* */
};

#define RECORD_FLAG_COMPAT 1     /* the call came through the 32-bit system call table */
#define RECORD_FLAG_OVERFLOW 2   /* sections were left out because the record was full */

#define SECTION_FLAG_TRUNCATED 1 /* the value was longer than what is kept */
#define SECTION_FLAG_FAULT 2     /* user memory could not be read; the value is empty */

#define KIND_NONE 0
#define KIND_PROCESS_FORK 1
#define KIND_PROCESS_EXEC 2
#define KIND_PROCESS_EXIT 3
#define KIND_PROCESS_PTRACE 4
#define KIND_PROCESS_VM_WRITE 5
#define KIND_PROCESS_SET_ID 6
#define KIND_PROCESS_CAPSET 7
#define KIND_PROCESS_SIGNAL 8
#define KIND_PROCESS_UNSHARE 9
#define KIND_PROCESS_SETNS 10
#define KIND_PROCESS_IO_URING_SETUP 11
#define KIND_PROCESS_IO_URING_SUBMIT 12
#define KIND_FILE_CREATE 13
#define KIND_FILE_READ 14
#define KIND_FILE_WRITE 15
#define KIND_FILE_TRUNCATE 16
#define KIND_FILE_UNLINK 17
#define KIND_FILE_RMDIR 18
#define KIND_FILE_RENAME 19
#define KIND_FILE_SETXATTR 20
#define KIND_FILE_CHMOD 21
#define KIND_FILE_CHOWN 22
#define KIND_FILE_MKDIR 23
#define KIND_FILE_MKNOD 24
#define KIND_FILE_LINK 25
#define KIND_FILE_SYMLINK 26
#define KIND_FILE_MOUNT 27
#define KIND_FILE_UMOUNT 28
#define KIND_FILE_PIVOT_ROOT 29
#define KIND_MEMORY_WX 30
#define KIND_MEMORY_MEMFD_CREATE 31
#define KIND_NETWORK_CONNECT 32
#define KIND_NETWORK_ACCEPT 33
#define KIND_NETWORK_BIND 34
#define KIND_NETWORK_LISTEN 35
#define KIND_NETWORK_UDP_SEND 36
#define KIND_DNS_QUERY 37
#define KIND_DNS_ANSWER 38
#define KIND_KERNEL_MODULE_LOAD 39
#define KIND_KERNEL_MODULE_UNLOAD 40
#define KIND_KERNEL_BPF 41
#define KIND_COUNT 42

/* Places of the numbers of an exec that the reading thread looks at. */
#define EXEC_NUMBER_INODE 11
#define EXEC_NUMBER_LINKS 18

#define SECTION_PATH 1           /* walked: path of the object, from the kernel's own dentries */
#define SECTION_DIRECTORY 2      /* walked: directory that a relative USER_PATH starts from */
#define SECTION_USER_PATH 3      /* path as the caller wrote it */
#define SECTION_DIRECTORY2 4
#define SECTION_USER_PATH2 5
#define SECTION_ARGUMENTS 6      /* NUL-separated argv of the new program image */
#define SECTION_ENVIRONMENT 7    /* NUL-separated NAME=value of the variables that matter */
#define SECTION_WORKING_DIRECTORY 8 /* walked */
#define SECTION_FILENAME 9       /* file name given to execve */
#define SECTION_INTERPRETER 10   /* interpreter when it differs from FILENAME (scripts) */
#define SECTION_TERMINAL 11
#define SECTION_COMMAND 12       /* comm */
#define SECTION_CGROUP 13        /* walked kernfs names */
#define SECTION_PACKET 14        /* UDP payload (DNS message) */
#define SECTION_NAME 15          /* memfd, xattr, file-system type, module, symlink target */
#define SECTION_ROOT 16          /* walked: root directory of a chrooted caller */

#endif
