/** Processes seen in several ways. One that the listing of /proc leaves out and another view has is hidden. */
import { opendirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { iterateProcesses, probeProcesses, processAnswers } from '@redoubt/kernel';
import type { Bilingual } from '@redoubt/model';
import { parseMountInfo } from '../inventory/states/mounts.ts';
import {
  failureText,
  kernelClauses,
  looked,
  type PartReport,
  type RootkitFinding,
  type RootkitView,
  skipped,
} from './report.ts';
import { type Settling, settled } from './settle.ts';

/** Where the views look; another one than the real in tests. */
export interface ProcessSources {
  readonly proc: string;
  /** Process ids that answer to a null signal, below a bound. */
  readonly probe: (limit: number) => AsyncIterable<number>;
  readonly answers: (pid: number) => boolean;
  /** Process ids of the eBPF task iterator. @throws where it does not work */
  readonly iterate: () => Iterable<number>;
  /** Roots of mounted cgroup hierarchies. */
  readonly cgroups: readonly string[];
}

/** Folders of cgroups that are read. */
const mostCgroups = 50_000;

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Where cgroup hierarchies are mounted. */
export function mountedCgroups(mountinfo = read('/proc/self/mountinfo') ?? ''): string[] {
  return parseMountInfo(mountinfo)
    .filter(({ type }) => type === 'cgroup' || type === 'cgroup2')
    .map(({ target }) => target);
}

/** The sources of the running system. */
export function realProcessSources(): ProcessSources {
  return {
    proc: '/proc',
    probe: limit => probeProcesses(1, limit),
    answers: processAnswers,
    iterate: () => iterateProcesses(),
    cgroups: mountedCgroups(),
  };
}

/** Whether /proc shows a process as ps(1) would: its folder has a `stat` of that process. */
function isShown(proc: string, pid: number): boolean {
  return read(`${proc}/${pid}/stat`)?.startsWith(`${pid} (`) === true;
}

/** Process ids that a listing of /proc names. */
function named(proc: string): Set<number> {
  const pids = new Set<number>();
  for (const name of readdirSync(proc)) if (/^[1-9]\d{0,9}$/.test(name)) pids.add(Number(name));
  return pids;
}

/** Process ids in every cgroup.procs; 0 stands for those of other pid namespaces. Bounded. */
function cgroupMembers(roots: readonly string[]): { readonly pids: Set<number>; readonly isWhole: boolean } {
  const pids = new Set<number>();
  const waiting = [...roots];
  let folders = 0;
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    if (++folders > mostCgroups) return { pids, isWhole: false };
    for (const line of read(`${folder}/cgroup.procs`)?.split('\n') ?? [])
      if (/^[1-9]\d*$/.test(line)) pids.add(Number(line));
    try {
      const directory = opendirSync(folder);
      for (let entry = directory.readSync(); entry !== null; entry = directory.readSync())
        if (entry.isDirectory()) waiting.push(`${folder}/${entry.name}`);
      directory.closeSync();
    } catch {
      // removed meanwhile
    }
  }
  return { pids, isWhole: true };
}

/** Whether this process stands in the first pid namespace, whose ids the iterator speaks of (PROC_PID_INIT_INO). */
function inFirstPidNamespace(): boolean {
  try {
    return readlinkSync('/proc/self/ns/pid') === 'pid:[4026531836]';
  } catch {
    return false;
  }
}

const titles = {
  listing: { en: 'processes in /proc', zh: '/proc 中的进程' },
  probe: { en: 'processes that answer to a null signal', zh: '响应空信号的进程' },
  cgroup: { en: 'processes in cgroups', zh: 'cgroup 中的进程' },
  iterator: { en: 'processes of the kernel’s task iterator (eBPF)', zh: '内核任务迭代器（eBPF）中的进程' },
} as const satisfies Record<string, Bilingual>;

const viewWords = {
  probe: { en: 'a null signal', zh: '空信号' },
  cgroup: { en: 'its cgroup', zh: '所属 cgroup' },
  iterator: { en: 'the kernel’s task iterator', zh: '内核任务迭代器' },
} as const satisfies Record<string, Bilingual>;
type OtherView = keyof typeof viewWords;

function processCount(count: number): Bilingual {
  return { en: `${count} processes`, zh: `${count} 个进程` };
}

function hiddenFinding(pid: number, views: readonly OtherView[], isMounted: boolean): RootkitFinding {
  const reasons = views.map(view => ({
    text: {
      en: `process ${pid} is there by ${viewWords[view].en}, and /proc/${pid} does not show it`,
      zh: `${viewWords[view].zh}表明进程 ${pid} 存在，而 /proc/${pid} 未显示`,
    },
    field: view,
    value: String(pid),
  }));
  if (isMounted)
    reasons.push({
      text: { en: `something is mounted over /proc/${pid}`, zh: `/proc/${pid} 被其他挂载覆盖` },
      field: 'probe',
      value: `/proc/${pid}`,
    });
  return {
    key: `hidden-process:${pid}`,
    severity: 5,
    title: { en: `Hidden process ${pid}`, zh: `隐藏进程 ${pid}` },
    reasons,
    tags: ['attack.defense-evasion', 'attack.t1014', 'attack.t1564'],
    mlps: kernelClauses,
    pid,
    advice: {
      en: `Do not reboot. If something is mounted over /proc/${pid}, \`umount /proc/${pid}\` shows it again; otherwise take the memory of the machine as evidence and examine its disk from another system.`,
      zh: `不要重启。若 /proc/${pid} 被挂载覆盖，执行 \`umount /proc/${pid}\` 即可重新显示；否则请先采集内存证据，并从其他系统检查磁盘。`,
    },
  };
}

/** Compares the views. Processes that come and go are asked about again until they are certain. */
export async function checkProcesses(
  sources = realProcessSources(),
  settling?: Settling,
): Promise<PartReport> {
  const { proc } = sources;
  const views: RootkitView[] = [];
  const seenBy = new Map<number, Set<OtherView>>();
  const note = (pid: number, view: OtherView): void => {
    const all = seenBy.get(pid) ?? new Set();
    all.add(view);
    seenBy.set(pid, all);
  };
  const options = parseMountInfo(
    read(`${proc}/self/mountinfo`) ?? read('/proc/self/mountinfo') ?? '',
  ).findLast(({ target }) => target === '/proc')?.options;
  if (process.geteuid?.() !== 0 && options?.some(one => /^hidepid=(?!0|off)/.test(one)))
    return {
      views: [
        skipped('processes/proc', titles.listing, {
          en: '/proc hides other users’ processes (hidepid): needs root',
          zh: '/proc 隐藏其他用户的进程（hidepid）：需要 root',
        }),
      ],
      findings: [],
    };

  const limit = Number(read('/proc/sys/kernel/pid_max')?.trim() ?? 4_194_304) + 1;
  let probed = 0;
  for await (const pid of sources.probe(limit)) {
    probed++;
    note(pid, 'probe');
  }
  const cgroups = cgroupMembers(sources.cgroups);
  for (const pid of cgroups.pids) note(pid, 'cgroup');
  let iterated: number[] | undefined;
  if (!inFirstPidNamespace())
    views.push(
      skipped('processes/iterator', titles.iterator, {
        en: 'this process is not in the first pid namespace',
        zh: '当前进程不在初始 PID 命名空间',
      }),
    );
  else
    try {
      iterated = [...sources.iterate()];
      for (const pid of iterated) note(pid, 'iterator');
      views.push(
        looked('processes/iterator', titles.iterator, iterated.length, processCount(iterated.length)),
      );
    } catch (error) {
      views.push(skipped('processes/iterator', titles.iterator, failureText(error)));
    }

  // The listing is taken last: what is there by then and was not before has started meanwhile.
  const listed = named(proc);
  const shown = [...listed].filter(pid => isShown(proc, pid));
  views.unshift(
    looked('processes/proc', titles.listing, shown.length, processCount(shown.length)),
    looked('processes/probe', titles.probe, probed, processCount(probed)),
    cgroups.pids.size === 0
      ? skipped('processes/cgroup', titles.cgroup, {
          en: 'no cgroup with processes is mounted',
          zh: '没有挂载含进程的 cgroup',
        })
      : looked(
          'processes/cgroup',
          titles.cgroup,
          cgroups.pids.size,
          cgroups.isWhole
            ? processCount(cgroups.pids.size)
            : {
                en: `${cgroups.pids.size} processes in the first ${mostCgroups} cgroups`,
                zh: `前 ${mostCgroups} 个 cgroup 中的 ${cgroups.pids.size} 个进程`,
              },
        ),
  );
  const visible = new Set(shown);
  const candidates = [...seenBy.keys()].filter(pid => !visible.has(pid));
  // A process that ended meanwhile answers no more; one that lives answers before and after /proc was asked.
  const hidden = await settled(
    candidates,
    pid => {
      const isThere = (): boolean => sources.answers(pid) || isMember(sources.cgroups, pid, seenBy.get(pid));
      return isThere() && !isShown(proc, pid) && isThere();
    },
    settling,
  );
  const covered = coveredPids(proc);
  const findings = hidden.map(pid => hiddenFinding(pid, [...(seenBy.get(pid) ?? [])], covered.has(pid)));
  return { views, findings };
}

/** Whether a process that only its cgroup has told of is still in one. */
function isMember(roots: readonly string[], pid: number, views: ReadonlySet<OtherView> | undefined): boolean {
  return views?.has('probe') !== true && cgroupMembers(roots).pids.has(pid);
}

/** Processes whose folder in /proc something is mounted over. */
function coveredPids(proc: string): Set<number> {
  const pids = new Set<number>();
  for (const { target } of parseMountInfo(read('/proc/self/mountinfo') ?? '')) {
    const pid = target.startsWith(`${proc}/`)
      ? /^(\d+)(?:\/|$)/.exec(target.slice(proc.length + 1))?.[1]
      : undefined;
    if (pid !== undefined) pids.add(Number(pid));
  }
  return pids;
}
