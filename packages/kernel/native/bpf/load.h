/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Reading kernel memory behind an address that the verifier knows nothing about. Since Linux 6.2 such an address
 * can be declared a pointer to a kernel type; a member is then one load instruction instead of a call of
 * bpf_probe_read_kernel, which takes some 20 ns. A load from memory that is not there gives 0 either way.
 */
#ifndef REDOUBT_LOAD_H
#define REDOUBT_LOAD_H

extern void *bpf_rdonly_cast(const void *address, __u32 type) __ksym __weak;

/* Member `member`, no array, of the `struct type_` at an address. */
#define LOAD(type_, address, member)                                                                          \
	({                                                                                                    \
		struct type_ *object_ = (void *)(address);                                                    \
		typeof(object_->member) value_;                                                               \
		if (bpf_rdonly_cast)                                                                          \
			value_ = ((struct type_ *)bpf_rdonly_cast(                                            \
					  object_, bpf_core_type_id_kernel(struct type_)))                    \
					 ->member;                                                            \
		else                                                                                          \
			value_ = BPF_CORE_READ(object_, member);                                              \
		value_;                                                                                       \
	})

#endif
