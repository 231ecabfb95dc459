/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The cgroup of a task: what tells containers apart. */
#ifndef REDOUBT_CGROUP_H
#define REDOUBT_CGROUP_H

#define CGROUP_LEVELS 32

static __always_inline struct cgroup *cgroup_of_controller(struct css_set *set, __u64 controller)
{
	struct cgroup_subsys_state *state = 0;
	bpf_probe_read_kernel(&state, sizeof(state),
			      (void *)((__u64)set + bpf_core_field_offset(struct css_set, subsys) + 8 * controller));
	return LOAD(cgroup_subsys_state, state, cgroup);
}

/* The cgroup that names the container: the unified one, else that of a version 1 controller. */
static __always_inline struct cgroup *cgroup_of(struct task_struct *task)
{
	struct css_set *set = task->cgroups;
	struct cgroup *unified = LOAD(css_set, set, dfl_cgrp);
	if (LOAD(cgroup, unified, level) > 0)
		return unified;
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id)) {
		struct cgroup *pids =
			cgroup_of_controller(set, bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id));
		if (LOAD(cgroup, pids, level) > 0)
			return pids;
	}
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id)) {
		struct cgroup *memory =
			cgroup_of_controller(set, bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id));
		if (LOAD(cgroup, memory, level) > 0)
			return memory;
	}
	return unified;
}

static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *node)
{
	if (bpf_core_field_exists(node->__parent))
		return LOAD(kernfs_node, node, __parent);
	struct kernfs_node___before_6_15 *older = (void *)node;
	return BPF_CORE_READ(older, parent);
}

/* Adds the names of the cgroup whose kernfs node is s->pointer, up to its root. */
__attribute__((noinline)) int walk_cgroup(__u32 tag)
{
	struct scratch *s = scratch_here();
	if (!s)
		return 0;
	__u64 start = section_start(s);
	if (!start)
		return 0;
	__u32 flags = SECTION_FLAG_TRUNCATED;
	s->used = 0;
	for (int i = 0; i < CGROUP_LEVELS; i++) {
		forget_registers();
		struct kernfs_node *node = (void *)s->pointer;
		struct kernfs_node *parent = kernfs_parent(node);
		if (!parent) {
			flags = 0;
			break;
		}
		__u64 used = s->used, to = start + SECTION_HEADER_SIZE + used;
		opaque(to);
		if (used > SECTION_MAX - NAME_SPACE || to > RECORD_SPACE - NAME_SPACE)
			break;
		long length = bpf_probe_read_kernel_str(s->data + to, NAME_SPACE, LOAD(kernfs_node, node, name));
		if (length <= 0)
			break;
		s->used = used + (length & 0x1ff);
		s->pointer = (__u64)parent;
	}
	section_end(s, start, tag, s->used, flags);
	return 0;
}

#endif
