/* SPDX-License-Identifier: Apache-2.0
 *
 * Harmless drill steps. Each makes one step that a sensor can observe and nothing else: no data is read
 * out, nothing is kept, nothing leaves the machine. `guard` runs a step and removes what it left.
 */
#ifndef REDOUBT_DRILL_H
#define REDOUBT_DRILL_H

#include <sys/types.h>

/* How a step ended; also its exit status. 77 is what automake's test drivers call "skipped". */
enum outcome { MADE = 0, FAILED = 1, NOT_HERE = 77 };

/* Every directory that a guard makes begins with this, below /tmp or /dev/shm. */
#define DRILL_PREFIX "redoubt-drill-"

/* Milliseconds that a step stays alive after it was made, so that a sensor can read /proc about it. */
#define LINGER_MS 300

struct step {
  const char *name;
  const char *arguments;
  enum outcome (*run)(int count, char **arguments);
  int argument_count;
};

/* common.c */
enum outcome failed(const char *doing);
enum outcome not_here(const char *why);
void linger(void);
pid_t fork_bound(void);
enum outcome wait_for(pid_t child);
enum outcome copy_program(const char *from, const char *to);
enum outcome run_program(const char *path, char *const arguments[], char *const environment[]);

/* private.c */
enum outcome hide_directory(const char *path);
enum outcome make_parents(const char *path);

/* remove.c */
void remove_tree(int parent, const char *name);
void sweep_leftovers(void);

/* cgroup.c */
int make_cgroup(const char *name, char *path, size_t size);
void remove_cgroup(const char *path);
void sweep_cgroups(void);

/* guard.c */
int guard(int count, char **arguments);

/* steps */
enum outcome step_memfd_exec(int count, char **arguments);
enum outcome step_copy_exec(int count, char **arguments);
enum outcome step_deleted_exec(int count, char **arguments);
enum outcome step_preload_exec(int count, char **arguments);
enum outcome step_server_shell(int count, char **arguments);
enum outcome step_spawn_shell(int count, char **arguments);
enum outcome step_true_with(int count, char **arguments);
enum outcome step_wx_map(int count, char **arguments);
enum outcome step_ptrace_child(int count, char **arguments);
enum outcome step_write_child(int count, char **arguments);
enum outcome step_write_hidden(int count, char **arguments);
enum outcome step_truncate_hidden(int count, char **arguments);
enum outcome step_unlink_hidden(int count, char **arguments);
enum outcome step_read_file(int count, char **arguments);
enum outcome step_setuid_file(int count, char **arguments);
enum outcome step_rename_many(int count, char **arguments);
enum outcome step_bad_module(int count, char **arguments);
enum outcome step_listen_from(int count, char **arguments);
enum outcome step_listen(int count, char **arguments);
enum outcome step_connect_isolated(int count, char **arguments);
enum outcome step_join_host(int count, char **arguments);
enum outcome step_container_write(int count, char **arguments);

#endif
