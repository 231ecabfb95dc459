/** `redoubt ps`: the tree of processes with what is remarkable about each. */
import type { ProcessesAnswer, ProcessNode } from '@redoubt/agent/contract';
import { requireAgent } from '../agent/client.ts';
import { type Command, flag, type Invocation } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, socketOption } from '../options.ts';
import { treeLines } from '../output/tree.ts';

/** Flags that most processes of a healthy server have; they alone make none remarkable. */
const ordinary = new Set(['kernel_thread', 'listening', 'setuid']);

/** The nodes that were chosen and all their ancestors. */
function withAncestors(nodes: readonly ProcessNode[], chosen: (node: ProcessNode) => boolean): ProcessNode[] {
  const byUid = new Map(nodes.map(node => [node.uid, node]));
  const kept = new Set<string>();
  for (const node of nodes.filter(chosen)) {
    for (let one: ProcessNode | undefined = node; one && !kept.has(one.uid); ) {
      kept.add(one.uid);
      one = one.parent_uid === undefined ? undefined : byUid.get(one.parent_uid);
    }
  }
  return nodes.filter(node => kept.has(node.uid));
}

/** Uids of a process and of all below it. */
function descendants(nodes: readonly ProcessNode[], pid: number): Set<string> {
  const found = new Set(nodes.filter(node => node.pid === pid).map(node => node.uid));
  const children = Map.groupBy(nodes, node => node.parent_uid ?? '');
  // A set that grows while it is walked visits what was added.
  for (const uid of found) for (const child of children.get(uid) ?? []) found.add(child.uid);
  return found;
}

/** The processes that the arguments ask for. Throws a CommandError for a pid that does not run. */
export function selectProcesses(
  nodes: readonly ProcessNode[],
  wanted: { pid: string | undefined; flagged: boolean; kernel: boolean },
): ProcessNode[] {
  const { pid, flagged, kernel } = wanted;
  const visible = nodes.filter(node => kernel || !node.flags.includes('kernel_thread'));
  if (pid !== undefined) {
    const below = descendants(nodes, Number(pid));
    if (below.size === 0) {
      throw new CommandError(ExitCode.usage, {
        en: `No process ${pid} is running`,
        zh: `没有正在运行的进程 ${pid}`,
      });
    }
    return withAncestors(nodes, node => below.has(node.uid));
  }
  return flagged ? withAncestors(visible, node => node.flags.some(one => !ordinary.has(one))) : visible;
}

async function run(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const [pid, ...more] = invocation.arguments;
  if (more.length > 0 || (pid !== undefined && !/^\d{1,10}$/.test(pid))) {
    throw new CommandError(ExitCode.usage, { en: 'Say `ps` or `ps PID`', zh: '用法：`ps` 或 `ps 进程号`' });
  }
  const { items } = await requireAgent(invocation).get<ProcessesAnswer>('/api/processes');
  const chosen = selectProcesses(items, {
    pid,
    flagged: flag(options, 'flagged'),
    kernel: flag(options, 'all'),
  });
  if (flag(options, 'json')) output.json(chosen);
  else output.print(...treeLines(chosen, output));
  return ExitCode.ok;
}

export const psCommand: Command = {
  name: 'ps',
  summary: { en: 'the process tree, with what is remarkable', zh: '进程树及其可疑之处' },
  usage: ['ps [--flagged] [--all] [--json]', 'ps PID [--json]'],
  details: {
    en: 'With PID: that process, all its ancestors and all below it.',
    zh: '给出 PID 时：显示该进程、其全部祖先和全部后代。',
  },
  options: {
    flagged: {
      type: 'boolean',
      help: { en: 'only remarkable processes and their ancestors', zh: '仅显示可疑进程及其祖先' },
    },
    all: { type: 'boolean', short: 'a', help: { en: 'kernel threads too', zh: '也显示内核线程' } },
    ...socketOption,
    ...commonOptions,
  },
  examples: [
    { line: 'ps --flagged', text: { en: 'what deserves a look', zh: '值得关注的进程' } },
    { line: 'ps 4711', text: { en: 'where this process comes from', zh: '该进程从何而来' } },
  ],
  run,
};
