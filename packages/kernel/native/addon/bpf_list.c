/* SPDX-License-Identifier: Apache-2.0 */
/* What eBPF is loaded, whoever loaded it, asked of the kernel by id (bpf(2), BPF_PROG_GET_NEXT_ID and links alike). */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <unistd.h>
#include "bindings.h"

#define LISTED_MAX 65536

static void set_number(napi_env env, napi_value object, const char *name, double number)
{
	napi_value value;
	napi_create_double(env, number, &value);
	napi_set_named_property(env, object, name, value);
}

static void set_text(napi_env env, napi_value object, const char *name, const char *text)
{
	napi_value value;
	napi_create_string_latin1(env, text ? text : "", NAPI_AUTO_LENGTH, &value);
	napi_set_named_property(env, object, name, value);
}

static napi_value refused(napi_env env, int error)
{
	napi_throw_error(env, error == EPERM ? "EPERM" : "EBPF", strerror(error));
	return NULL;
}

/* bpfPrograms(): [{ id, type, name, uid, loaded (ns since boot), tag }] */
napi_value bpf_programs(napi_env env, napi_callback_info info)
{
	napi_value list;
	__u32 id = 0, place = 0;
	napi_create_array(env, &list);
	while (place < LISTED_MAX && bpf_prog_get_next_id(id, &id) == 0) {
		int fd = bpf_prog_get_fd_by_id(id);
		if (fd < 0 && errno == ENOENT)
			continue; /* unloaded meanwhile */
		if (fd < 0)
			return refused(env, errno);
		struct bpf_prog_info program = { 0 };
		__u32 size = sizeof(program);
		if (bpf_obj_get_info_by_fd(fd, &program, &size) == 0) {
			napi_value object;
			char tag[2 * BPF_TAG_SIZE + 1];
			for (int i = 0; i < BPF_TAG_SIZE; i++)
				snprintf(tag + 2 * i, 3, "%02x", program.tag[i]);
			napi_create_object(env, &object);
			set_number(env, object, "id", program.id);
			set_text(env, object, "type", libbpf_bpf_prog_type_str(program.type));
			set_number(env, object, "typeNumber", program.type);
			set_text(env, object, "name", program.name);
			set_number(env, object, "uid", program.created_by_uid);
			set_number(env, object, "loaded", (double)program.load_time);
			set_text(env, object, "tag", tag);
			napi_set_element(env, list, place++, object);
		}
		close(fd);
	}
	if (errno != ENOENT && place == 0)
		return refused(env, errno);
	return list;
}

/* bpfLinks(): [{ id, type, program, attach }]; `attach` is a name or number where the kernel tells one. */
napi_value bpf_links(napi_env env, napi_callback_info info)
{
	napi_value list;
	__u32 id = 0, place = 0;
	napi_create_array(env, &list);
	while (place < LISTED_MAX && bpf_link_get_next_id(id, &id) == 0) {
		int fd = bpf_link_get_fd_by_id(id);
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			return refused(env, errno);
		char name[128] = { 0 };
		struct bpf_link_info link = { 0 };
		__u32 size = sizeof(link);
		int error = bpf_obj_get_info_by_fd(fd, &link, &size);
		if (!error && link.type == BPF_LINK_TYPE_RAW_TRACEPOINT) {
			memset(&link, 0, sizeof(link));
			link.raw_tracepoint.tp_name = (__u64)(unsigned long)name;
			link.raw_tracepoint.tp_name_len = sizeof(name);
			size = sizeof(link);
			error = bpf_obj_get_info_by_fd(fd, &link, &size);
		}
		close(fd);
		if (error)
			continue;
		if (link.type == BPF_LINK_TYPE_CGROUP)
			snprintf(name, sizeof(name), "%s of cgroup %llu", libbpf_bpf_attach_type_str(link.cgroup.attach_type) ?: "?",
				 (unsigned long long)link.cgroup.cgroup_id);
		else if (link.type == BPF_LINK_TYPE_TRACING)
			snprintf(name, sizeof(name), "%s", libbpf_bpf_attach_type_str(link.tracing.attach_type) ?: "?");
		else if (link.type == BPF_LINK_TYPE_XDP)
			snprintf(name, sizeof(name), "interface %u", link.xdp.ifindex);
		napi_value object;
		napi_create_object(env, &object);
		set_number(env, object, "id", link.id);
		set_text(env, object, "type", libbpf_bpf_link_type_str(link.type));
		set_number(env, object, "program", link.prog_id);
		set_text(env, object, "attach", name);
		napi_set_element(env, list, place++, object);
	}
	if (errno != ENOENT && place == 0)
		return refused(env, errno);
	return list;
}
