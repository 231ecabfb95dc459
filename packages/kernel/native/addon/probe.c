/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What works on this kernel. Asking for a program type misleads (the type can exist where attaching fails), so
 * each mechanism is tried: a two-instruction program is loaded and attached, then removed.
 */
#include "probe.h"
#include "sensor.h"
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct bpf_insn return_zero[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
	{ .code = BPF_JMP | BPF_EXIT },
};

static int load(enum bpf_prog_type type, enum bpf_attach_type attach_type, int btf_id)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = attach_type, .attach_btf_id = (__u32)btf_id);
	int fd = bpf_prog_load(type, "redoubt_probe", "Dual BSD/GPL", return_zero, 2, &options);
	return fd < 0 ? -errno : fd;
}

/* Tracing and LSM programs: the BTF function or typedef to attach to. */
static int try_tracing(struct btf *btf, enum bpf_prog_type type, enum bpf_attach_type attach_type, const char *target,
		       __u32 btf_kind)
{
	int id = btf ? btf__find_by_name_kind(btf, target, btf_kind) : -ENOENT;
	if (id < 0)
		return -ENOENT;
	int program = load(type, attach_type, id);
	if (program < 0)
		return program;
	int link = bpf_raw_tracepoint_open(NULL, program);
	int result = link < 0 ? -errno : 0;
	if (link >= 0)
		close(link);
	close(program);
	return result;
}

static int try_kprobe(void)
{
	char type[16] = { 0 };
	FILE *file = fopen("/sys/bus/event_source/devices/kprobe/type", "re");
	if (!file)
		return -ENOENT;
	int number = fgets(type, sizeof(type), file) ? atoi(type) : -1;
	fclose(file);
	struct perf_event_attr attributes = { .type = (__u32)number, .size = sizeof(attributes) };
	attributes.config1 = (__u64)(unsigned long)"do_exit";
	int event = (int)syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (event < 0)
		return -errno;
	close(event);
	return 0;
}

/* BPF LSM programs attach even where "bpf" is no active LSM, and then never run. */
static int try_lsm(struct btf *btf)
{
	char active[512] = { 0 };
	FILE *file = fopen("/sys/kernel/security/lsm", "re");
	if (file) {
		if (!fgets(active, sizeof(active), file))
			active[0] = 0;
		fclose(file);
		if (!strstr(active, "bpf"))
			return -EOPNOTSUPP;
	}
	return try_tracing(btf, BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "bpf_lsm_file_open", BTF_KIND_FUNC);
}

static int try_ring_buffer(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "redoubt_probe", 0, 0, (__u32)sysconf(_SC_PAGESIZE), NULL);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static void report(napi_env env, napi_value result, const char *name, int outcome)
{
	napi_value value;
	napi_create_int32(env, outcome, &value);
	napi_set_named_property(env, result, name, value);
}

napi_value probe(napi_env env, napi_callback_info info)
{
	napi_value result;
	sigset_t before;
	napi_create_object(env, &result);
	libbpf_set_print(NULL);
	signals_hold(&before);
	struct btf *btf = btf__load_vmlinux_btf();
	report(env, result, "btf", btf ? 0 : -errno);
	report(env, result, "ringBuffer", try_ring_buffer());
	report(env, result, "rawTracepoint",
	       try_tracing(btf, BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, "btf_trace_sys_exit", BTF_KIND_TYPEDEF));
	report(env, result, "fentry",
	       try_tracing(btf, BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "do_exit", BTF_KIND_FUNC));
	report(env, result, "kprobe", try_kprobe());
	report(env, result, "bpfLsm", try_lsm(btf));
	btf__free(btf);
	signals_release(&before);
	return result;
}
