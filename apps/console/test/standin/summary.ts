/** The summary of the stand-in's host. */
import type { Finding, Summary } from '@redoubt/agent/contract';
import { minutesAgo } from './processes.ts';

const attached = [
  'tp_btf/sched_process_exec',
  'tp_btf/sched_process_fork',
  'tp_btf/sched_process_exit',
  'tp_btf/sys_exit',
  'tp_btf/inet_sock_set_state',
  'tp_btf/module_load',
  'tp_btf/module_free',
  'tp_btf/io_uring_create',
  'tp_btf/cgroup_attach_task',
  'raw_tp/signal_generate',
];
const started = minutesAgo(133);
const bootTime = minutesAgo(60 * 24 * 12.4);

/** Whether a finding counts as open: new or in progress. */
export const isOpen = (finding: Finding): boolean => finding.status_id < 3;

/** The summary after `tick` seconds, with the given findings. */
export function summaryAt(tick: number, findings: readonly Finding[], mode: 'kernel' | 'reduced'): Summary {
  const open = findings.filter(isOpen);
  const bySeverity: Record<string, number> = {};
  for (const { severity_id: id } of open) bySeverity[id] = (bySeverity[id] ?? 0) + 1;
  const rate = 640 + 300 * Math.sin(tick / 9) + 130 * Math.sin(tick / 2.3) + (tick % 37 === 5 ? 900 : 0);
  const total = 6_412_880 + tick * 640;
  return {
    host: {
      hostname: 'web-01.shanghai.example.internal',
      os: 'Debian GNU/Linux 12 (bookworm)',
      kernel: '6.1.0-38-amd64',
      machine_id: '8c1d5b7e0f3a4d629b80c1f2e37a5d94',
      cpus: 8,
      memory_bytes: 16 * 1024 ** 3,
      boot_time: bootTime,
    },
    agent: { version: '0.1.0', pid: 1760, started, mode, rss_bytes: 98_400_000, cpu_percent: 0.8 },
    sensors: [
      mode === 'kernel'
        ? {
            name: 'kernel',
            state: 'running',
            detail: 'eBPF, one ring buffer of 32 MiB',
            hooks: [
              ...attached.map(name => ({ name, attached: true })),
              {
                name: 'lsm/bprm_check_security',
                attached: false,
                reason: 'this kernel does not load BPF LSM programs',
              },
              {
                name: 'fentry/security_file_open',
                attached: false,
                reason: 'this kernel has no BPF trampoline',
              },
            ],
          }
        : { name: 'proc', state: 'reduced', detail: '/proc every 500 ms, inotify on 214 folders', hooks: [] },
      {
        name: 'dns',
        state: 'running',
        detail: 'packet socket with a BPF filter',
        hooks: [{ name: 'AF_PACKET', attached: true }],
      },
    ],
    events: {
      total,
      per_second: Math.max(0, Math.round(rate)),
      by_kind: {
        'file.read': 2_190_344,
        'file.write': 1_204_811,
        'network.accept': 988_012,
        'network.connect': 702_233,
        'process.fork': 401_229,
        'process.exit': 400_871,
        'process.exec': 212_844,
        'dns.query': 121_660,
        'dns.answer': 121_032,
        'file.create': 44_712,
        'file.unlink': 21_022,
        'file.rename': 4_110,
      },
      lost: 0,
      lost_by_kind: {},
      stored: total,
      dropped: 0,
    },
    latency_ms: {
      event_to_finding_p50: 11.2,
      event_to_finding_p99: 28,
      event_to_stored_p50: 410,
      event_to_stored_p99: 1004,
    },
    store: {
      bytes: 1_204_331_520,
      oldest_time: minutesAgo(60 * 24 * 9.2),
      chunks: 18_204,
      limit_bytes: 5 * 1024 ** 3,
    },
    rules: { loaded: 34, refused: 0 },
    findings: { open: open.length, by_severity: bySeverity },
    warnings:
      mode === 'kernel'
        ? []
        : [
            {
              code: 'no_btf',
              en: 'This kernel has no BTF (/sys/kernel/btf/vmlinux): the kernel sensor cannot start.',
              zh: '此内核没有 BTF（/sys/kernel/btf/vmlinux），内核采集器无法启动。',
            },
          ],
  };
}
