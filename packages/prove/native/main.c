/* SPDX-License-Identifier: Apache-2.0
 * redoubt-drill STEP ARGUMENT…: makes one harmless step, or guards one (see guard.c). */
#include "drill.h"

#include <stdio.h>
#include <string.h>

static const struct step steps[] = {
    {"memfd-exec", "TAG", step_memfd_exec, 1},
    {"copy-exec", "PATH", step_copy_exec, 1},
    {"deleted-exec", "PATH", step_deleted_exec, 1},
    {"preload-exec", "OBJECT PATH", step_preload_exec, 2},
    {"server-shell", "PATH TAG", step_server_shell, 2},
    {"spawn-shell", "TAG", step_spawn_shell, 1},
    {"true-with", "WORD TAG", step_true_with, 2},
    {"wx-map", "TAG", step_wx_map, 1},
    {"ptrace-child", "TAG", step_ptrace_child, 1},
    {"write-child", "TAG", step_write_child, 1},
    {"write-hidden", "DIRECTORY FILE TAG", step_write_hidden, 3},
    {"truncate-hidden", "DIRECTORY FILE TAG", step_truncate_hidden, 3},
    {"unlink-hidden", "DIRECTORY FILE TAG", step_unlink_hidden, 3},
    {"read-file", "FILE TAG", step_read_file, 2},
    {"setuid-file", "PATH", step_setuid_file, 1},
    {"rename-many", "DIRECTORY COUNT", step_rename_many, 2},
    {"bad-module", "PATH", step_bad_module, 1},
    {"listen-from", "PATH TAG", step_listen_from, 2},
    {"listen", "TAG", step_listen, 1},
    {"connect-isolated", "ADDRESS PORT TAG", step_connect_isolated, 3},
    {"join-host", "TAG", step_join_host, 1},
    {"container-write", "DIRECTORY FILE TAG", step_container_write, 3},
};

static int usage(void) {
  fprintf(stderr, "redoubt-drill guard DIRECTORY GROUP STEP ARGUMENT…\n");
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
    fprintf(stderr, "redoubt-drill %s %s\n", steps[i].name, steps[i].arguments);
  return 2;
}

int main(int count, char **arguments) {
  if (count < 2) return usage();
  if (strcmp(arguments[1], "guard") == 0) return guard(count - 2, arguments + 2);
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    if (strcmp(arguments[1], steps[i].name) != 0) continue;
    if (count - 2 != steps[i].argument_count) return usage();
    return steps[i].run(count - 2, arguments + 2);
  }
  return usage();
}
