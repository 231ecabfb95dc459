/** eBPF programs that are loaded, what they are attached to, and which processes hold them. */
import { readdirSync, readFileSync } from 'node:fs';
import { type BpfLink, type BpfProgram, loadedBpfLinks, loadedBpfPrograms } from '@redoubt/kernel';
import type { Reason } from '@redoubt/model';
import { listedPids, runningProcess } from '../inventory/states/processes.ts';
import {
  failureText,
  kernelClauses,
  looked,
  type PartReport,
  type RootkitFinding,
  skipped,
} from './report.ts';

/** A program with what is known of it. */
export interface OwnedProgram extends BpfProgram {
  readonly attached: readonly string[];
  /** Pids of processes that hold the program or one of its links open; none for pinned ones. */
  readonly holders: readonly number[];
}

/** Where the facts come from; others in tests. */
export interface BpfSources {
  readonly programs: () => readonly BpfProgram[];
  readonly links: () => readonly BpfLink[];
  /** Holders of programs and links by id. */
  readonly holders: () => BpfHolders;
}

export interface BpfHolders {
  readonly programs: ReadonlyMap<number, readonly number[]>;
  readonly links: ReadonlyMap<number, readonly number[]>;
}

/** Pids by what their descriptors are, from /proc/PID/fdinfo (`prog_id:`, `link_id:`). */
export function bpfHolders(proc = '/proc'): BpfHolders {
  const programs = new Map<number, number[]>();
  const links = new Map<number, number[]>();
  const add = (map: Map<number, number[]>, id: string | undefined, pid: number): void => {
    if (id === undefined) return;
    const pids = map.get(Number(id)) ?? [];
    if (!pids.includes(pid)) pids.push(pid);
    map.set(Number(id), pids);
  };
  for (const pid of listedPids(proc)) {
    let names: string[] = [];
    try {
      names = readdirSync(`${proc}/${pid}/fdinfo`);
    } catch {
      continue;
    }
    for (const name of names) {
      try {
        const text = readFileSync(`${proc}/${pid}/fdinfo/${name}`, 'utf8');
        const link = /^link_id:\s*(\d+)/m.exec(text)?.[1];
        add(links, link, pid);
        add(programs, /^prog_id:\s*(\d+)/m.exec(text)?.[1], pid);
      } catch {
        // closed meanwhile
      }
    }
  }
  return { programs, links };
}

export const realBpfSources: BpfSources = {
  programs: loadedBpfPrograms,
  links: loadedBpfLinks,
  holders: () => bpfHolders(),
};

/** Types that see or change what programs of the system see: they can hide, and listen. */
const powerful = new Set([
  'kprobe',
  'tracepoint',
  'raw_tracepoint',
  'raw_tracepoint_writable',
  'tracing',
  'lsm',
  'ext',
  'xdp',
  'sched_cls',
  'sched_act',
  'socket_filter',
  'perf_event',
  'struct_ops',
]);

/** Every program with its links and holders. @throws Error with a `code` without rights */
export function ownedPrograms(sources = realBpfSources): OwnedProgram[] {
  const programs = sources.programs();
  const links = sources.links();
  const holders = sources.holders();
  return programs.map(program => {
    const own = links.filter(link => link.program === program.id);
    const pids = new Set([
      ...(holders.programs.get(program.id) ?? []),
      ...own.flatMap(({ id }) => holders.links.get(id) ?? []),
    ]);
    return {
      ...program,
      attached: own.map(({ type, attach }) => (attach === '' ? type : `${type} ${attach}`)),
      holders: [...pids],
    };
  });
}

function describe({ id, name, type, typeNumber, attached }: OwnedProgram): string {
  const kind = type === '' ? `type ${typeNumber}` : type;
  return `${id} ${name || '(no name)'} (${kind}${attached.length === 0 ? '' : `: ${attached.join(', ')}`})`;
}

/** The finding about programs that the same processes hold; those that nobody holds are told one by one. */
function finding(programs: readonly OwnedProgram[], owners: readonly string[]): RootkitFinding {
  const [first] = programs as [OwnedProgram];
  const nobody = owners.length === 0;
  const names = [...new Set(owners.map(owner => owner.replace(/ \(\d+\)$/, '')))].sort();
  const shown = programs.slice(0, 16).map(
    (program): Reason => ({
      text: {
        en: `loaded by user ${program.uid}: ${describe(program)}`,
        zh: `由用户 ${program.uid} 加载：${describe(program)}`,
      },
      field: 'program',
      value: String(program.id),
    }),
  );
  const held: Reason = nobody
    ? {
        text: {
          en: 'no process holds it: it is pinned, attached without a link, or its holder is hidden',
          zh: '没有进程持有：可能已固定、无链接附加，或持有者被隐藏',
        },
        field: 'holders',
        value: '',
      }
    : {
        text: { en: `held by ${owners.join(', ')}`, zh: `持有者：${owners.join('、')}` },
        field: 'holders',
        value: first.holders.join(' '),
      };
  return {
    key: nobody ? `bpf:${first.tag}:${first.name}` : `bpf:${names.join(' ')}`,
    severity: nobody ? 3 : 2,
    title: nobody
      ? {
          en: `eBPF program ${first.name || first.id} that no process holds`,
          zh: `无进程持有的 eBPF 程序 ${first.name || first.id}`,
        }
      : {
          en: `${programs.length} eBPF programs of ${names.join(', ')}`,
          zh: `${names.join('、')} 的 ${programs.length} 个 eBPF 程序`,
        },
    reasons: [held, ...shown],
    tags: ['attack.defense-evasion', 'attack.t1014'],
    mlps: kernelClauses,
    advice: {
      en: `Look at it: \`bpftool prog show id ${first.id}\`. Monitoring tools, systemd and container networks load programs as well.`,
      zh: `查看：\`bpftool prog show id ${first.id}\`。监控工具、systemd 与容器网络也会加载程序。`,
    },
    ...(first.holders[0] !== undefined && { pid: first.holders[0] }),
  };
}

/** Whether a process is Redoubt's: by pid, never by a name that anybody can take. */
export type IsOwn = (pid: number) => boolean;

/**
 * Lists what is loaded. Programs of Redoubt's own processes, and of services that systemd keeps, are no findings.
 * @param isOwn whether a pid is of this Redoubt
 */
export function checkBpf(isOwn: IsOwn, sources = realBpfSources): PartReport {
  const title = { en: 'loaded eBPF programs', zh: '已加载的 eBPF 程序' };
  let programs: OwnedProgram[];
  try {
    programs = ownedPrograms(sources);
  } catch (error) {
    return { views: [skipped('bpf', title, failureText(error))], findings: [] };
  }
  const own = programs.filter(({ holders }) => holders.length > 0 && holders.every(isOwn));
  const others = programs.filter(program => !own.includes(program));
  const groups = Map.groupBy(
    others.filter(({ type }) => type === '' || powerful.has(type)),
    ({ holders, id }) => (holders.length === 0 ? `program ${id}` : holders.join(' ')),
  );
  const findings = new Map<string, RootkitFinding>();
  for (const group of groups.values()) {
    const owners = (group[0]?.holders ?? []).map(pid => `${runningProcess(pid)?.program || '?'} (${pid})`);
    const made = finding(group, owners);
    if (!findings.has(made.key)) findings.set(made.key, made);
  }
  const text = {
    en: `${programs.length} programs, ${own.length} of them Redoubt’s${others.length === 0 ? '' : `; ${others.slice(0, 8).map(describe).join('; ')}`}`,
    zh: `${programs.length} 个程序，其中 ${own.length} 个属于 Redoubt${others.length === 0 ? '' : `；${others.slice(0, 8).map(describe).join('；')}`}`,
  };
  return { views: [looked('bpf', title, programs.length, text)], findings: [...findings.values()] };
}
