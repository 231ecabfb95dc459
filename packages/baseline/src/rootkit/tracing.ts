/** Hooks in the kernel's functions: what ftrace and kprobes have changed, and whether tracing runs. */
import { readFileSync } from 'node:fs';
import type { Bilingual } from '@redoubt/model';
import {
  failureText,
  kernelClauses,
  looked,
  type PartReport,
  type RootkitFinding,
  type RootkitView,
  skipped,
} from './report.ts';

/** Functions that a rootkit hooks to hide something or to become root; a tracer has little reason to. */
const sensitive =
  /^(?:__(?:x64|arm64|ia32|se)_sys_(?:getdents(?:64)?|kill|read|pread64|openat2?|execve(?:at)?|bpf|statx?|newfstatat|ptrace|init_module|finit_module|delete_module|recvmsg|ioctl|reboot)|sys_getdents(?:64)?|filldir(?:64)?|iterate_dir|(?:tcp|udp)[46]_seq_show|inet_sk_diag_fill|packet_rcv|tpacket_rcv|find_task_by_vpid|next_tgid|proc_pid_readdir|vfs_statx|commit_creds|prepare_kernel_cred|security_\w+|audit_log_start|do_syslog|kallsyms_lookup_name|bpf_(?:prog|map|link)_get_next_id|module_get_kallsym|m_show)$/;

/** A function with something attached to it, from `enabled_functions`. */
export interface HookedFunction {
  readonly name: string;
  /** Module of the function itself; empty for the kernel's own. */
  readonly module: string;
  /** Flags: R registers saved, I instruction pointer changed, D a direct call, M ever changed. */
  readonly flags: string;
  /** Who is called, as the kernel writes it. */
  readonly callback: string;
  /** Module of the callback; empty for the kernel's own. */
  readonly callbackModule: string;
}

/** Reads `enabled_functions` (kernel/trace/ftrace.c, t_show). Lines that say more about the one above are joined to it. */
export function parseEnabledFunctions(text: string): HookedFunction[] {
  const found: HookedFunction[] = [];
  for (const line of text.split('\n', 200_000)) {
    const [, name, module = '', rest = ''] = /^(\S+)(?: \[(\S+)\])? \(\d+\)(.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const callback = [...rest.matchAll(/(?:->|tramp: \S+ \(|ops: \S+ \()\s*([^)\t]+)/g)]
      .map(match => match[1]?.trim() ?? '')
      .join(' ');
    const callbackModule =
      [...rest.matchAll(/\[([\w-]+)\]/g)].map(match => match[1] ?? '').find(one => one !== 'bpf') ?? '';
    const flags = /^([\sRIDMCO]*)/.exec(rest)?.[1]?.replace(/\s/g, '') ?? '';
    found.push({ name, module, flags, callback, callbackModule });
  }
  return found;
}

/** A kprobe of `kprobes/list`: address, kind (k probe, r return), place, flags. */
export function parseKprobes(
  text: string,
): { readonly kind: string; readonly place: string; readonly flags: string }[] {
  return text.split('\n', 100_000).flatMap(line => {
    const [, kind, place, flags = ''] = /^\S+\s+(\w+)\s+(\S+)(?:\s+(.*))?$/.exec(line) ?? [];
    return kind === undefined || place === undefined ? [] : [{ kind, place, flags: flags.trim() }];
  });
}

function hooked({ name, flags, callback, callbackModule }: HookedFunction): RootkitFinding {
  const changesFlow = flags.includes('I') || flags.includes('D');
  const who = callbackModule === '' ? callback || '?' : `${callback} [${callbackModule}]`;
  return {
    key: `ftrace-hook:${name}`,
    severity: callbackModule !== '' && changesFlow ? 5 : changesFlow ? 4 : 3,
    title: { en: `Kernel function ${name} is hooked`, zh: `内核函数 ${name} 被挂钩` },
    reasons: [
      {
        text: {
          en: `ftrace calls ${who} whenever ${name} runs`,
          zh: `每次执行 ${name} 时 ftrace 都会调用 ${who}`,
        },
        field: 'enabled_functions',
        value: name,
      },
      ...(changesFlow
        ? [
            {
              text: {
                en: 'the hook can change where the function goes on',
                zh: '该钩子可以改变函数的执行流程',
              },
              field: 'flags',
              value: flags,
            },
          ]
        : []),
    ],
    tags: ['attack.defense-evasion', 'attack.t1014'],
    mlps: kernelClauses,
    advice: {
      en: 'Find out which tracer, security product or module set the hook. If none did, take the memory of the machine as evidence.',
      zh: '查明由哪个跟踪工具、安全产品或模块设置。若均非，请采集内存证据。',
    },
  };
}

function kprobed(place: string): RootkitFinding {
  return {
    key: `kprobe:${place}`,
    severity: 3,
    title: { en: `A kprobe stands on ${place}`, zh: `${place} 上存在 kprobe` },
    reasons: [
      {
        text: {
          en: 'a probe stands on a function that rootkits hook',
          zh: '探针位于 rootkit 常挂钩的函数上',
        },
        field: 'kprobes/list',
        value: place,
      },
    ],
    tags: ['attack.defense-evasion', 'attack.t1014'],
    mlps: kernelClauses,
  };
}

const titles = {
  functions: { en: 'functions hooked by ftrace', zh: '被 ftrace 挂钩的函数' },
  kprobes: { en: 'kprobes', zh: 'kprobe 探针' },
  state: { en: 'tracing', zh: '跟踪状态' },
} as const satisfies Record<string, Bilingual>;

/** Reads a file of tracefs or debugfs; the reason when that fails. */
function tryRead(paths: readonly string[]): { text: string } | { failure: Bilingual } {
  let failure: Bilingual = { en: 'not mounted', zh: '未挂载' };
  for (const path of paths) {
    try {
      return { text: readFileSync(path, 'utf8') };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') failure = failureText(error);
    }
  }
  return { failure };
}

/** Looks at ftrace, kprobes and tracing. Mounts nothing: where tracefs is not mounted, that is said. */
export function checkTracing({ sys = '/sys', proc = '/proc' } = {}): PartReport {
  const views: RootkitView[] = [];
  const findings: RootkitFinding[] = [];
  const trace = [`${sys}/kernel/tracing`, `${sys}/kernel/debug/tracing`];
  const functions = tryRead(trace.map(folder => `${folder}/enabled_functions`));
  if ('failure' in functions) views.push(skipped('hooks/ftrace', titles.functions, functions.failure));
  else {
    const all = parseEnabledFunctions(functions.text);
    views.push(
      looked('hooks/ftrace', titles.functions, all.length, {
        en: `${all.length} functions`,
        zh: `${all.length} 个函数`,
      }),
    );
    findings.push(...all.filter(({ name }) => sensitive.test(name)).map(hooked));
  }
  const probes = tryRead([`${sys}/kernel/debug/kprobes/list`]);
  if ('failure' in probes) views.push(skipped('hooks/kprobes', titles.kprobes, probes.failure));
  else {
    const all = parseKprobes(probes.text);
    views.push(
      looked('hooks/kprobes', titles.kprobes, all.length, {
        en: `${all.length} probes`,
        zh: `${all.length} 个探针`,
      }),
    );
    const places = new Set(
      all.map(({ place }) => place.replace(/\+0x\w+$/, '')).filter(place => sensitive.test(place)),
    );
    findings.push(...[...places].map(kprobed));
  }
  const tracer = tryRead(trace.map(folder => `${folder}/current_tracer`));
  const enabled = tryRead([`${proc}/sys/kernel/ftrace_enabled`]);
  if ('failure' in tracer) views.push(skipped('tracing', titles.state, tracer.failure));
  else {
    const state = `tracer ${tracer.text.trim()}, ftrace_enabled ${'text' in enabled ? enabled.text.trim() : '?'}`;
    views.push(
      looked('tracing', titles.state, tracer.text.trim() === 'nop' ? 0 : 1, { en: state, zh: state }),
    );
  }
  return { views, findings };
}
