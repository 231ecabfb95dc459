/* SPDX-License-Identifier: Apache-2.0 */
/* uring FOLDER: makes a folder through io_uring, without the mkdir call. */
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int count, char **arguments)
{
	struct io_uring_params params;
	memset(&params, 0, sizeof(params));
	int ring = (int)syscall(SYS_io_uring_setup, 4, &params);
	if (ring < 0 || count < 2)
		return perror("io_uring_setup"), 1;
	size_t queue_size = params.sq_off.array + params.sq_entries * sizeof(uint32_t);
	char *queue = mmap(NULL, queue_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING);
	struct io_uring_sqe *entries = mmap(NULL, params.sq_entries * sizeof(*entries), PROT_READ | PROT_WRITE,
					    MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQES);
	if (queue == MAP_FAILED || entries == MAP_FAILED)
		return perror("mmap"), 1;
	memset(entries, 0, sizeof(*entries));
	entries[0].opcode = IORING_OP_MKDIRAT;
	entries[0].fd = AT_FDCWD;
	entries[0].addr = (uint64_t)(uintptr_t)arguments[1];
	entries[0].len = 0700;
	((uint32_t *)(queue + params.sq_off.array))[0] = 0;
	__atomic_store_n((uint32_t *)(queue + params.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		return perror("io_uring_enter"), 1;
	return access(arguments[1], F_OK);
}
