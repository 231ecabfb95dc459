/** Process trees as lines. */
import type { ProcessFlag, ProcessNode } from '@redoubt/agent/contract';
import type { Bilingual } from '@redoubt/model';
import type { Output } from './output.ts';
import { safe } from './safe.ts';
import { cut, width } from './width.ts';

const flagNames: Record<ProcessFlag, Bilingual> = {
  memfd: { en: 'runs from memory', zh: '仅存在于内存' },
  deleted: { en: 'file deleted', zh: '文件已删除' },
  writable_dir: { en: 'from a world-writable directory', zh: '来自公共可写目录' },
  setuid: { en: 'set-user-id', zh: 'setuid' },
  wx_memory: { en: 'writable and executable memory', zh: '可写且可执行内存' },
  traced: { en: 'traced', zh: '被跟踪' },
  listening: { en: 'listens', zh: '监听端口' },
  unpackaged: { en: 'in no package', zh: '不属于任何软件包' },
  kernel_thread: { en: 'kernel thread', zh: '内核线程' },
  finding: { en: 'FINDING', zh: '有告警' },
};

const grave = new Set<ProcessFlag>(['memfd', 'deleted', 'finding', 'wx_memory']);

/** The name of a flag in words. */
export function flagName(flag: ProcessFlag, output: Output): string {
  const name = output.say(flagNames[flag] ?? { en: flag, zh: flag });
  return grave.has(flag) ? output.style('red', name) : output.style('yellow', name);
}

function label(node: ProcessNode, focus: string | undefined, output: Output): string {
  const command = safe(node.cmd_line || node.exe || `[${node.name}]`);
  const user = safe(node.user?.name ?? node.user?.uid ?? '');
  const container = node.container
    ? ` {${safe(node.container.name ?? node.container.uid.slice(0, 12))}}`
    : '';
  const ended = node.end === undefined ? '' : output.say({ en: ' (ended)', zh: '（已结束）' });
  const name = node.uid === focus ? output.style('bold', command) : command;
  return `${node.pid} ${output.style('dim', user)}${container} ${name}${ended}`;
}

/** Narrowest that a line is cut to for the sake of the remarks behind it. */
const leastColumns = 20;

/** The line with remarks behind it, cut so that both fit the terminal; remarks are never cut. */
function withRemarks(line: string, remarks: string, output: Output): string {
  if (output.columns === undefined) return line + remarks;
  return cut(line, Math.max(leastColumns, output.columns - width(remarks))) + remarks;
}

/**
 * Lines of the forest that the nodes form. A node whose parent is not among them is a root.
 * @param focus uid of the node to emphasise
 */
export function treeLines(nodes: readonly ProcessNode[], output: Output, focus?: string): string[] {
  const known = new Set(nodes.map(node => node.uid));
  const children = Map.groupBy(nodes, node =>
    node.parent_uid !== undefined && node.parent_uid !== node.uid && known.has(node.parent_uid)
      ? node.parent_uid
      : '',
  );
  const lines: string[] = [];
  // An explicit stack: a tree of processes may be deeper than the call stack.
  const pending = (children.get('') ?? [])
    .toReversed()
    .map(node => ({ node, lead: '', branch: '', next: '' }));
  for (let item = pending.pop(); item; item = pending.pop()) {
    const { node, lead, branch, next } = item;
    const flags = node.flags.filter(flag => flag !== 'kernel_thread').map(flag => flagName(flag, output));
    const line = `${lead}${branch}${label(node, focus, output)}`;
    lines.push(withRemarks(line, flags.length > 0 ? `  ← ${flags.join(', ')}` : '', output));
    const below = children.get(node.uid) ?? [];
    children.delete(node.uid);
    const indent = lead + next;
    for (const [index, child] of below.entries().toArray().toReversed()) {
      const last = index === below.length - 1;
      pending.push({ node: child, lead: indent, branch: last ? '└─ ' : '├─ ', next: last ? '   ' : '│  ' });
    }
  }
  return lines;
}
