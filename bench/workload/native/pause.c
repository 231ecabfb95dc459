/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A busy process that tells how long it was held up: `pause`. It has many mappings and much memory, and maps, touches
 * and unmaps a page every 100 microseconds, as an allocator does. SIGUSR1: prints the greatest time between two turns
 * of its loop since the last such line, and how many turns took 10 ms or more; nanoseconds. Until SIGTERM.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#define MEMORY (512UL << 20)
#define MAPPINGS 4000
#define LONG_PAUSE 10000000
#define BETWEEN_CALLS 100000

static volatile sig_atomic_t asked;

static void ask(int signal)
{
	(void)signal;
	asked = 1;
}

static int64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static char *map(size_t size)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

int main(void)
{
	char *memory = map(MEMORY);
	if (memory == MAP_FAILED)
		return 1;
	for (size_t at = 0; at < MEMORY; at += 4096)
		memory[at] = 1;
	/* Every other page may only be read, so that the kernel cannot join them. */
	for (size_t i = 0; i < MAPPINGS; i++)
		if (mprotect(memory + i * 8192, 4096, PROT_READ))
			return 1;
	setpriority(PRIO_PROCESS, 0, -20); /* what others run on this processor is not what is measured */
	signal(SIGUSR1, ask);
	puts("ready");
	fflush(stdout);
	int64_t last = now(), call = last, greatest = 0, longs = 0;
	for (;;) {
		if (last - call >= BETWEEN_CALLS) {
			char *page = map(65536);
			if (page == MAP_FAILED)
				return 1;
			page[0] = 1;
			munmap(page, 65536);
			call = last;
		}
		int64_t time = now(), gap = time - last;
		last = time;
		if (gap > greatest)
			greatest = gap;
		longs += gap >= LONG_PAUSE;
		if (asked) {
			asked = 0;
			printf("%lld %lld\n", (long long)greatest, (long long)longs);
			fflush(stdout);
			greatest = longs = 0;
			last = now();
		}
	}
}
