/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes system calls one after the other, as told on the command line, and prints what each returned.
 *
 *   actor CALL ARG... [+ CALL ARG...]...
 *
 * CALL is the name of a call, or `compat:NUMBER` for the 32-bit entry (int 0x80, x86_64 only). An ARG is
 * n:NUMBER, s:TEXT (address of the text), r:INDEX (result of an earlier call), i4:ADDRESS:PORT or
 * i6:ADDRESS:PORT (address of a socket address), z:BYTES (address of zeroed memory), w:A,B,… (address of
 * 32-bit words, each a number, rINDEX or aINDEX for the address that the INDEXth pointer argument has).
 * Memory is below 4 GiB, so that 32-bit calls can name it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALL(name) { #name, SYS_##name }
static const struct { const char *name; long number; } calls[] = {
#ifdef SYS_open
	CALL(open), CALL(creat), CALL(unlink), CALL(rmdir), CALL(rename), CALL(link), CALL(symlink), CALL(mkdir),
	CALL(mknod), CALL(chmod), CALL(chown), CALL(lchown),
#endif
	CALL(openat), CALL(openat2), CALL(unlinkat), CALL(renameat), CALL(renameat2), CALL(linkat), CALL(symlinkat),
	CALL(mkdirat), CALL(mknodat), CALL(fchmodat), CALL(fchmod), CALL(fchownat), CALL(fchown), CALL(setxattr),
	CALL(fsetxattr), CALL(truncate), CALL(ftruncate), CALL(mount), CALL(umount2), CALL(pivot_root), CALL(unshare),
	CALL(setns), CALL(memfd_create), CALL(mmap), CALL(mprotect), CALL(pkey_mprotect), CALL(socket), CALL(connect),
	CALL(bind), CALL(listen), CALL(accept4), CALL(sendto), CALL(setuid), CALL(setgid), CALL(setresuid),
	CALL(setgroups), CALL(capset), CALL(capget), CALL(ptrace), CALL(process_vm_writev), CALL(bpf),
	CALL(io_uring_setup), CALL(init_module), CALL(finit_module), CALL(delete_module), CALL(kill), CALL(chdir),
	CALL(chroot), CALL(getppid), CALL(close), CALL(write), CALL(getpid), CALL(fsopen), CALL(fsconfig), CALL(fsmount),
	CALL(move_mount), CALL(open_tree),
};

static char *memory, *free_memory;
static long results[64], pointers[64];
static int result_count, pointer_count;

static void fail(const char *what)
{
	fprintf(stderr, "actor: %s\n", what);
	exit(2);
}

static long place(const void *bytes, size_t size)
{
	char *at = free_memory;
	free_memory += (size + 15) & ~15UL;
	if (free_memory > memory + (1 << 20))
		fail("out of argument memory");
	if (bytes)
		memcpy(at, bytes, size);
	pointers[pointer_count++] = (long)at;
	return (long)at;
}

static long socket_address(int family, char *text)
{
	char *port = strrchr(text, ':');
	if (!port)
		fail("address without port");
	*port++ = 0;
	struct sockaddr_in in4 = { .sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(port)) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons((unsigned short)atoi(port)) };
	if (family == AF_INET) {
		inet_pton(AF_INET, text, &in4.sin_addr);
		return place(&in4, sizeof(in4));
	}
	inet_pton(AF_INET6, text, &in6.sin6_addr);
	return place(&in6, sizeof(in6));
}

static long words(char *text)
{
	unsigned int values[16] = { 0 };
	int count = 0;
	for (char *word = strtok(text, ","); word && count < 16; word = strtok(NULL, ","))
		values[count++] = word[0] == 'r'   ? (unsigned int)results[atoi(word + 1)]
				  : word[0] == 'a' ? (unsigned int)pointers[atoi(word + 1)]
						   : (unsigned int)strtoul(word, NULL, 0);
	return place(values, sizeof(values));
}

static long argument(char *text)
{
	if (strncmp(text, "n:", 2) == 0)
		return (long)strtoull(text + 2, NULL, 0);
	if (strncmp(text, "s:", 2) == 0)
		return place(text + 2, strlen(text + 2) + 1);
	if (strncmp(text, "r:", 2) == 0)
		return results[atoi(text + 2)];
	if (strncmp(text, "i4:", 3) == 0)
		return socket_address(AF_INET, text + 3);
	if (strncmp(text, "i6:", 3) == 0)
		return socket_address(AF_INET6, text + 3);
	if (strncmp(text, "z:", 2) == 0)
		return place(NULL, (size_t)atoi(text + 2));
	if (strncmp(text, "w:", 2) == 0)
		return words(text + 2);
	fail("unknown form of argument");
	return 0;
}

static long compat_call(long number, const long *a)
{
#ifdef __x86_64__
	long result;
	__asm__ volatile("push %%rbp; mov %7, %%rbp; int $0x80; pop %%rbp"
			 : "=a"(result)
			 : "a"(number), "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]), "D"(a[4]), "r"(a[5])
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
#else
	fail("no 32-bit calls on this architecture");
	return 0;
#endif
}

static long make_call(const char *name, const long *a)
{
	if (strncmp(name, "compat:", 7) == 0)
		return compat_call(atol(name + 7), a);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(calls[i].name, name) == 0) {
			long result = syscall(calls[i].number, a[0], a[1], a[2], a[3], a[4], a[5]);
			return result == -1 ? -errno : result;
		}
	fail("unknown call");
	return 0;
}

int main(int count, char **arguments)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;
#ifdef MAP_32BIT
	flags |= MAP_32BIT;
#endif
	memory = free_memory = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (memory == MAP_FAILED)
		fail("mmap");
	for (int i = 1; i < count; i++) {
		const char *name = arguments[i];
		long a[6] = { 0 };
		for (int j = 0; ++i < count && strcmp(arguments[i], "+") != 0; j++)
			if (j < 6)
				a[j] = argument(arguments[i]);
		results[result_count++] = make_call(name, a);
	}
	for (int i = 0; i < result_count; i++)
		printf("%ld\n", results[i]);
	return 0;
}
