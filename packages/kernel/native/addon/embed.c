/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled eBPF programs inside the addon, so that one file is all there is to load. */
__asm__(".section .rodata\n"
	".balign 16\n"
	".global redoubt_bpf_start\n"
	"redoubt_bpf_start:\n"
	".incbin " BPF_OBJECT_LITERAL "\n"
	".global redoubt_bpf_end\n"
	"redoubt_bpf_end:\n"
	".balign 16\n"
	".global redoubt_tasks_start\n"
	"redoubt_tasks_start:\n"
	".incbin " TASKS_OBJECT_LITERAL "\n"
	".global redoubt_tasks_end\n"
	"redoubt_tasks_end:\n"
	".previous\n");
