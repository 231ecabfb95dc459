/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The kernel sensor's programs: one compilation unit, because they share maps and build space. */
#include "types.h"
#define __VMLINUX_H__ /* types.h takes its place */
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_endian.h>

#include "../record.h"
#include "../shared.h"
#include "load.h"
#include "maps.h"
#include "build.h"
#include "walk.h"
#include "cgroup.h"
#include "process.h"
#include "calls.h"
#include "dispatch.h"
#include "files.h"
#include "memory.h"
#include "system.h"
#include "network.h"
#include "packets.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
