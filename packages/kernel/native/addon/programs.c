/* SPDX-License-Identifier: Apache-2.0 */
/* Loading and attaching the eBPF programs: each one optional, each failure with its reason. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "sensor.h"

extern const char redoubt_bpf_start[], redoubt_bpf_end[];

/* Last complaint of libbpf, and the program it was about. Loading happens on one thread at a time. */
static char complaint[REASON_SIZE];
static char failed_program[48];

static int listen_to_libbpf(enum libbpf_print_level level, const char *format, va_list arguments)
{
	char line[1024];
	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(line, sizeof(line), format, arguments);
	line[strcspn(line, "\n")] = 0;
	const char *name = strstr(line, "prog '");
	if (name && !failed_program[0] && (strstr(line, "failed") || strstr(line, "not found"))) {
		sscanf(name + 6, "%47[^']", failed_program);
		snprintf(complaint, sizeof(complaint), "%.*s", (int)sizeof(complaint) - 1, line);
	} else if (!failed_program[0]) {
		snprintf(complaint, sizeof(complaint), "%.*s", (int)sizeof(complaint) - 1, line);
	}
	return 0;
}

static struct hook *hook_named(struct programs *programs, const char *name)
{
	for (int i = 0; i < programs->hook_count; i++)
		if (strcmp(programs->hooks[i].name, name) == 0)
			return &programs->hooks[i];
	return NULL;
}

/* Handlers of system calls are entered by tail call and never attached. */
static int handler_slot(const char *name)
{
	static const char *const names[HANDLER_COUNT] = {
		[HANDLER_PATHS] = "call_paths",   [HANDLER_OPEN] = "call_open",
		[HANDLER_DESCRIPTOR] = "call_descriptor", [HANDLER_MEMORY] = "call_memory",
		[HANDLER_SOCKET] = "call_socket", [HANDLER_SYSTEM] = "call_system",
	};
	for (int i = 0; i < HANDLER_COUNT; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

/* Run by the reading thread itself and never attached. */
static bool is_run_by_reader(const char *name)
{
	return strcmp(name, "hand_over_repeats") == 0;
}

/* Whether the running kernel has the tracepoint that a tp_btf program wants. */
static bool tracepoint_exists(struct btf *btf, const char *section)
{
	char type[80];
	const char *slash = strchr(section, '/');
	if (!slash || strncmp(section, "tp_btf/", 7) != 0)
		return true;
	snprintf(type, sizeof(type), "btf_trace_%s", slash + 1);
	return btf__find_by_name_kind(btf, type, BTF_KIND_TYPEDEF) > 0;
}

static struct bpf_object *open_object(struct programs *programs, size_t ring_bytes)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "redoubt");
	struct bpf_object *object = bpf_object__open_mem(redoubt_bpf_start,
							 (size_t)(redoubt_bpf_end - redoubt_bpf_start), &options);
	if (!object)
		return NULL;
	bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "ring"), (__u32)ring_bytes);
	struct bpf_program *program;
	bpf_object__for_each_program(program, object) {
		struct hook *hook = hook_named(programs, bpf_program__name(program));
		if (hook && hook->skipped)
			bpf_program__set_autoload(program, false);
	}
	return object;
}

static int list_hooks(struct programs *programs, struct bpf_object *object)
{
	struct btf *btf = btf__load_vmlinux_btf();
	if (!btf)
		return -errno;
	struct bpf_program *program;
	bpf_object__for_each_program(program, object) {
		if (programs->hook_count == HOOKS_MAX)
			break;
		struct hook *hook = &programs->hooks[programs->hook_count++];
		snprintf(hook->name, sizeof(hook->name), "%s", bpf_program__name(program));
		hook->program_fd = -1;
		if (!tracepoint_exists(btf, bpf_program__section_name(program))) {
			hook->skipped = true;
			snprintf(hook->reason, sizeof(hook->reason), "this kernel has no tracepoint %s",
				 bpf_program__section_name(program) + 7);
		}
	}
	btf__free(btf);
	return 0;
}

/* Loads; a program that the kernel refuses is left out and the rest is tried again. */
static int load_what_can_be(struct programs *programs, size_t ring_bytes)
{
	for (;;) {
		failed_program[0] = complaint[0] = 0;
		int error = bpf_object__load(programs->object);
		if (!error)
			return 0;
		bpf_object__close(programs->object);
		programs->object = NULL;
		struct hook *hook = hook_named(programs, failed_program);
		if (!hook || hook->skipped)
			return error;
		hook->skipped = true;
		snprintf(hook->reason, sizeof(hook->reason), "%s", complaint);
		programs->object = open_object(programs, ring_bytes);
		if (!programs->object)
			return -errno;
	}
}

static void fill_handlers(struct programs *programs)
{
	struct bpf_map *handlers = bpf_object__find_map_by_name(programs->object, "handlers");
	struct bpf_program *program;
	bpf_object__for_each_program(program, programs->object) {
		struct hook *hook = hook_named(programs, bpf_program__name(program));
		int slot = handler_slot(bpf_program__name(program));
		if (!hook || slot < 0 || hook->skipped)
			continue;
		__u32 key = (__u32)slot;
		__u32 fd = (__u32)bpf_program__fd(program);
		hook->attached = bpf_map__update_elem(handlers, &key, sizeof(key), &fd, sizeof(fd), 0) == 0;
		if (!hook->attached)
			snprintf(hook->reason, sizeof(hook->reason), "cannot enter the handler table: %s", strerror(errno));
	}
}

bool programs_hand_over(const struct programs *programs)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);
	return programs->hand_over_fd >= 0 && bpf_prog_test_run_opts(programs->hand_over_fd, &options) == 0;
}

void programs_attach(struct programs *programs)
{
	struct bpf_program *program;
	fill_handlers(programs);
	bpf_object__for_each_program(program, programs->object) {
		struct hook *hook = hook_named(programs, bpf_program__name(program));
		if (!hook || hook->skipped)
			continue;
		hook->program_fd = bpf_program__fd(program);
		if (handler_slot(hook->name) >= 0)
			continue;
		if (is_run_by_reader(hook->name)) {
			programs->hand_over_fd = hook->program_fd;
			hook->attached = programs_hand_over(programs);
			programs->settings->counts_repeats = hook->attached;
			if (!hook->attached)
				snprintf(hook->reason, sizeof(hook->reason), "cannot be run: %s", strerror(errno));
			continue;
		}
		hook->link = bpf_program__attach(program);
		hook->attached = hook->link != NULL;
		if (!hook->link)
			snprintf(hook->reason, sizeof(hook->reason), "cannot attach: %s", strerror(errno));
	}
}

void signals_hold(sigset_t *before)
{
	sigset_t all;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, before);
}

void signals_release(const sigset_t *before)
{
	pthread_sigmask(SIG_SETMASK, before, NULL);
}

static int open_and_load(struct programs *programs, size_t ring_bytes, char *error, size_t error_size)
{
	memset(programs, 0, sizeof(*programs));
	programs->hand_over_fd = -1;
	libbpf_set_print(listen_to_libbpf);
	failed_program[0] = complaint[0] = 0;
	programs->cpus = libbpf_num_possible_cpus();
	programs->object = open_object(programs, ring_bytes);
	if (!programs->object) {
		snprintf(error, error_size, "the eBPF object cannot be opened: %s", complaint);
		return -errno;
	}
	int result = list_hooks(programs, programs->object);
	if (result) {
		snprintf(error, error_size, "the kernel has no BTF (/sys/kernel/btf/vmlinux)");
		programs_close(programs);
		return result;
	}
	bpf_object__close(programs->object);
	programs->object = open_object(programs, ring_bytes);
	result = programs->object ? load_what_can_be(programs, ring_bytes) : -errno;
	if (result) {
		snprintf(error, error_size, "the eBPF programs cannot be loaded (%s): %s", strerror(-result), complaint);
		programs_close(programs);
		return result;
	}
	struct bpf_map *settings = bpf_object__find_map_by_name(programs->object, ".bss");
	programs->settings_size = (size_t)sysconf(_SC_PAGESIZE);
	programs->settings = mmap(NULL, programs->settings_size, PROT_READ | PROT_WRITE, MAP_SHARED,
				  settings ? bpf_map__fd(settings) : -1, 0);
	if (programs->settings == MAP_FAILED) {
		programs->settings = NULL;
		snprintf(error, error_size, "the settings cannot be shared with the kernel: %s", strerror(errno));
		programs_close(programs);
		return -errno;
	}
	programs->settings->wakeup_bytes = ring_bytes / 4;
	programs->ring_fd = bpf_object__find_map_fd_by_name(programs->object, "ring");
	programs->counters_fd = bpf_object__find_map_fd_by_name(programs->object, "counters");
	programs->watched_fd = bpf_object__find_map_fd_by_name(programs->object, "watched_reads");
	programs->ignored_directories_fd = bpf_object__find_map_fd_by_name(programs->object, "ignored_directories");
	return 0;
}

int programs_open(struct programs *programs, size_t ring_bytes, char *error, size_t error_size)
{
	sigset_t before;
	signals_hold(&before);
	int result = open_and_load(programs, ring_bytes, error, error_size);
	signals_release(&before);
	return result;
}

void programs_detach(struct programs *programs)
{
	for (int i = 0; i < programs->hook_count; i++) {
		bpf_link__destroy(programs->hooks[i].link);
		programs->hooks[i].link = NULL;
		programs->hooks[i].attached = false;
	}
}

void programs_close(struct programs *programs)
{
	programs_detach(programs);
	if (programs->settings)
		munmap(programs->settings, programs->settings_size);
	programs->settings = NULL;
	bpf_object__close(programs->object);
	programs->object = NULL;
}
