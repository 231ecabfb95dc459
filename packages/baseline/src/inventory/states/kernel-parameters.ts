/** Kernel parameters that decide how well the kernel defends itself, and those that name a program that it runs. */
import { readFileSync } from 'node:fs';
import type { StateChange, StateEntry } from '@redoubt/model';
import type { CollectOptions, Collector, DriftJudgement } from '../../collector.ts';
import { Host } from '../host.ts';
import { inventoryTitles } from '../titles.ts';
import { judgement, reason, titled } from './judgement.ts';

/** Parameters looked at (Documentation/admin-guide/sysctl); `runs`: its value is a program that the kernel starts. */
const parameters: readonly { readonly name: string; readonly runs?: true }[] = [
  'kernel/kptr_restrict',
  'kernel/dmesg_restrict',
  'kernel/perf_event_paranoid',
  'kernel/unprivileged_bpf_disabled',
  'kernel/yama/ptrace_scope',
  'kernel/kexec_load_disabled',
  'kernel/modules_disabled',
  'kernel/randomize_va_space',
  'kernel/io_uring_disabled',
  'kernel/sysrq',
  'kernel/ftrace_enabled',
  'kernel/unprivileged_userns_clone',
  'kernel/apparmor_restrict_unprivileged_userns',
  'user/max_user_namespaces',
  'net/core/bpf_jit_harden',
  'net/ipv4/ip_forward',
  'net/ipv6/conf/all/forwarding',
  'net/ipv4/conf/all/rp_filter',
  'net/ipv4/conf/all/accept_redirects',
  'net/ipv4/conf/all/send_redirects',
  'net/ipv4/conf/all/accept_source_route',
  'net/ipv4/tcp_syncookies',
  'net/ipv4/conf/all/route_localnet',
  'fs/protected_symlinks',
  'fs/protected_hardlinks',
  'fs/protected_fifos',
  'fs/protected_regular',
  'fs/suid_dumpable',
  'vm/mmap_min_addr',
  'vm/unprivileged_userfaultfd',
]
  .map((name): { name: string; runs?: true } => ({ name }))
  .concat(
    ['kernel/core_pattern', 'kernel/modprobe', 'kernel/hotplug', 'kernel/poweroff_cmd'].map(name => ({
      name,
      runs: true as const,
    })),
  );

const running = new Set(parameters.filter(({ runs }) => runs).map(({ name }) => name.replaceAll('/', '.')));

async function* collect(options: CollectOptions): AsyncGenerator<StateEntry> {
  if (!new Host(options).isLive) return;
  for (const { name } of parameters) {
    let value: string | null = null;
    try {
      value = readFileSync(`/proc/sys/${name}`, 'utf8').trim().replace(/\s+/g, ' ');
    } catch (error) {
      // A kernel without it says so by its absence.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        options.onTrouble?.({
          key: name,
          text: { en: `cannot be read: ${String(error)}`, zh: `无法读取：${String(error)}` },
        });
    }
    if (value !== null) yield { key: name.replaceAll('/', '.'), facts: { value } };
  }
}

function judge(change: StateChange): DriftJudgement | undefined {
  if (change.kind !== 'changed') return undefined;
  const value = change.after.facts['value'];
  const runs = running.has(change.key);
  const isShared = runs && /\/(?:tmp|var\/tmp|dev\/shm)\//.test(String(value));
  return judgement(change, {
    severity: isShared ? 5 : runs ? 4 : 3,
    reasons: runs
      ? [reason('value', value, 'the kernel runs this program as root', '内核会以 root 身份运行此程序')]
      : [],
    title: titled(change, { en: `kernel parameter ${change.key}`, zh: `内核参数 ${change.key}` }),
    tags: runs
      ? ['attack.persistence', 'attack.privilege-escalation', 'attack.t1546']
      : ['attack.defense-evasion', 'attack.t1562'],
    mlps: ['8.1.4.4', '8.1.4.6'],
    advice: {
      en: `Look for what set it (\`grep -r ${change.key.split('.').at(-1)} /etc/sysctl*\`) and set it back with \`sysctl -w\`.`,
      zh: `查找设置来源（\`grep -r ${change.key.split('.').at(-1)} /etc/sysctl*\`），并用 \`sysctl -w\` 恢复。`,
    },
  });
}

export const kernelParametersCollector: Collector = {
  name: 'kernel-parameters',
  title: inventoryTitles['kernel-parameters'],
  collect,
  judge,
};
