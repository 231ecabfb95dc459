/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reader of a BPF ring buffer (Documentation/bpf/ringbuf.rst). libbpf's own reader calls back for each record;
 * this one copies records end to end into one batch.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "sensor.h"

int ring_map(struct ring *ring, int fd, size_t size)
{
	ring->fd = fd;
	ring->size = size;
	ring->page = (size_t)sysconf(_SC_PAGESIZE);
	ring->consumer = mmap(NULL, ring->page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring->consumer == MAP_FAILED)
		return -errno;
	/*
	 * The data pages follow the producer's page. The kernel offers them twice in a row, so that no record wraps;
	 * mapping them once and copying in two parts halves what they add to the resident memory.
	 */
	ring->producer = mmap(NULL, ring->page + size, PROT_READ, MAP_SHARED, fd, (off_t)ring->page);
	if (ring->producer == MAP_FAILED) {
		int error = -errno;
		munmap(ring->consumer, ring->page);
		return error;
	}
	ring->data = (const char *)ring->producer + ring->page;
	return 0;
}

void ring_unmap(struct ring *ring)
{
	munmap(ring->consumer, ring->page);
	munmap(ring->producer, ring->page + ring->size);
}

size_t ring_used(const struct ring *ring)
{
	return __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE) - __atomic_load_n(ring->consumer, __ATOMIC_ACQUIRE);
}

/* Copies from the ring's data, which may go on at its beginning. */
static void copy_out(const struct ring *ring, char *to, unsigned long position, size_t length)
{
	size_t offset = position & (ring->size - 1);
	size_t first = length < ring->size - offset ? length : ring->size - offset;
	memcpy(to, ring->data + offset, first);
	memcpy(to + first, ring->data, length - first);
}

size_t ring_drain(struct ring *ring, char *to, size_t capacity)
{
	unsigned long consumer = __atomic_load_n(ring->consumer, __ATOMIC_RELAXED);
	unsigned long producer = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
	size_t written = 0;

	while (consumer < producer) {
		const char *at = ring->data + (consumer & (ring->size - 1));
		__u32 header = __atomic_load_n((const __u32 *)at, __ATOMIC_ACQUIRE);
		if (header & BPF_RINGBUF_BUSY_BIT)
			break; /* still being written */
		__u32 length = header & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
		if (!(header & BPF_RINGBUF_DISCARD_BIT)) {
			if (length > capacity - written)
				break;
			copy_out(ring, to + written, consumer + BPF_RINGBUF_HDR_SZ, length);
			written += length;
		}
		consumer += (length + BPF_RINGBUF_HDR_SZ + 7) & ~7UL;
		__atomic_store_n(ring->consumer, consumer, __ATOMIC_RELEASE);
	}
	return written;
}
