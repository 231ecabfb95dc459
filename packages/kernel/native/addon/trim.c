/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Giving back what only the start needed. Node's start touches half of its 100 MB of code, compiling modules leaves
 * free memory inside malloc; neither is used again, but both stay resident until somebody says so.
 */
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>
#include "bindings.h"

/*
 * Segments of the executable that nobody may write to are as they are in the file: what is dropped comes back from the
 * page cache when it is used. Constants weigh more than the code: Node keeps tables of Unicode and the sources of its
 * library there. What is only read after relocation (PT_GNU_RELRO) lies in a writable segment and stays.
 */
static int drop_constant_segments(struct dl_phdr_info *program, size_t size, void *unused)
{
	unsigned long page = (unsigned long)sysconf(_SC_PAGESIZE);
	for (int i = 0; i < program->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &program->dlpi_phdr[i];
		if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W))
			continue;
		/* Whole pages only: the first and the last may be shared with a neighbour. */
		unsigned long start = program->dlpi_addr + segment->p_vaddr;
		unsigned long end = start + segment->p_filesz;
		start = (start + page - 1) & ~(page - 1);
		end &= ~(page - 1);
		if (end > start)
			madvise((void *)start, end - start, MADV_DONTNEED);
	}
	return 1; /* the executable comes first; the libraries are small */
}

/* trim(constants) */
napi_value trim(napi_env env, napi_callback_info info)
{
	size_t count = 1;
	napi_value argument;
	bool constants = false;
	napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
	if (count == 1)
		napi_get_value_bool(env, argument, &constants);
	if (constants)
		dl_iterate_phdr(drop_constant_segments, NULL);
	malloc_trim(0);
	return NULL;
}
