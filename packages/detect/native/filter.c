/* System calls that neither a sample nor a reader may make: those that reach the kernel's own workings or other
   namespaces. They fail with EPERM, so that what a sample tries goes on and is seen. Classic BPF as in Documentation/userspace-api/
   seccomp_filter.rst; a call of another architecture ends the process. */
#include "sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "no filter for this architecture"
#endif

static const int forbidden[] = {
    SYS_ptrace,        SYS_process_vm_readv, SYS_process_vm_writev, SYS_mount,         SYS_umount2,
    SYS_pivot_root,    SYS_chroot,           SYS_unshare,           SYS_setns,         SYS_init_module,
    SYS_finit_module,  SYS_delete_module,    SYS_kexec_load,        SYS_bpf,           SYS_perf_event_open,
    SYS_userfaultfd,   SYS_keyctl,           SYS_add_key,           SYS_request_key,   SYS_reboot,
    SYS_swapon,        SYS_swapoff,          SYS_open_by_handle_at, SYS_name_to_handle_at,
    SYS_io_uring_setup, SYS_quotactl,        SYS_acct,              SYS_syslog,        SYS_settimeofday,
    SYS_clock_settime, SYS_adjtimex,         SYS_sethostname,       SYS_setdomainname, SYS_vhangup,
    SYS_fsopen,        SYS_fsmount,          SYS_move_mount,        SYS_open_tree,     SYS_fanotify_init,
    SYS_pidfd_getfd,   SYS_move_pages,       SYS_mbind,
};

#define COUNT (sizeof forbidden / sizeof forbidden[0])
#define NEW_NAMESPACES (CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)

void install_filter(void) {
  struct sock_filter code[COUNT * 2 + 24];
  unsigned short at = 0;
#define PUT(...) code[at++] = (struct sock_filter)__VA_ARGS__
  PUT(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)));
  PUT(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0));
  PUT(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
  PUT(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
#if defined(__x86_64__)
  /* The x32 table has the same calls under other numbers. */
  PUT(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1));
  PUT(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
#endif
  for (unsigned index = 0; index < COUNT; index++) {
    PUT(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)forbidden[index], 0, 1));
    PUT(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
  }
  /* clone3 keeps its flags in memory, where no filter sees them; without it, libraries use clone. */
  PUT(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1));
  PUT(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS));
  PUT(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3));
  PUT(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])));
  PUT(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NEW_NAMESPACES, 0, 1));
  PUT(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
  PUT(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  struct sock_fprog program = {.len = at, .filter = code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) give_up("no_new_privs: %m");
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) give_up("seccomp: %m");
}
