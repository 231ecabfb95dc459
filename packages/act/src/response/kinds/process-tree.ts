/** Ending or suspending a process with everything that came from it. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Bilingual } from '@redoubt/model';
import { hostMoment } from '../../ladder/index.ts';
import { ActionError, type ActionKind, notInForce, refused } from '../action.ts';
import { allProcesses, identityOf, isThere, lookAt, type ProcessIdentity } from '../process/look.ts';
import { isHalted, mayTouch, send, stopAll, treeOf } from '../process/stop.ts';
import { TargetReader } from '../target.ts';

export interface TreeTarget {
  /** `"<pid>:<start time in clock ticks>"`, as findings name processes. */
  readonly process: string;
}

interface Members {
  /** Which boot the start times belong to: after another one nobody of the tree is there. */
  readonly boot: string;
  /** Who belonged to the tree before anything was done. */
  readonly members: readonly ProcessIdentity[];
  /** Those that were stopped already: they stay so. */
  readonly stopped: readonly ProcessIdentity[];
}

/** Looks for the end of killed processes: one may be in a system call that cannot be interrupted. */
const looks = 250;
const pause = 20;
/** Members that a plan names. */
const named = 8;

const shared = {
  parse(given: unknown): TreeTarget {
    const target = new TargetReader(given, ['process']);
    const process = target.text('process', 40);
    if (identityOf(process) === undefined)
      target.fail(
        'process',
        'must be a pid and a start time, PID:START, as findings and `redoubt ps` name processes',
        '应为“进程号:启动时间”，如告警和 `redoubt ps` 所示',
      );
    return { process };
  },
  key: ({ process }: TreeTarget): string => process,
  async prepare(target: TreeTarget): Promise<Members> {
    const found = treeOf([required(target)])(allProcesses());
    const plain = found.map(({ pid, startTicks }) => ({ pid, start: startTicks }));
    const isStopped = new Set(found.filter(({ state }) => state === 'T').map(({ pid }) => pid));
    return {
      boot: hostMoment().bootId,
      members: plain,
      stopped: plain.filter(({ pid }) => isStopped.has(pid)),
    };
  },
};

/** The kind `kill-tree`. It cannot be undone. */
export function killTree(): ActionKind<TreeTarget, Members> {
  return {
    ...shared,
    name: 'kill-tree',
    title: { en: 'End a process tree', zh: '终止进程树' },
    describe: { en: 'process: PID:START', zh: 'process：进程号:启动时间' },
    afterCrash: 'finish',
    text: target => says('end', '终止', target),
    async plan(target) {
      return {
        does: membersText(
          target,
          'ended (stopped first, so that none forks away, then SIGKILL)',
          '终止（先停止以防其继续派生，再 SIGKILL）',
        ),
        leaves: [
          {
            en: 'files, connections of others, what the processes have started elsewhere (cron, services)',
            zh: '文件、其他进程的连接，以及它们在别处启动的内容（cron、服务）',
          },
        ],
        undo: { en: 'cannot be undone', zh: '无法撤销' },
      };
    },
    async apply(target, before) {
      const stopped = await stopAll(treeOf(rootsOf(target, before)));
      // Children first: what dies last still leads to the others if we are cut short.
      for (const one of stopped.reverse()) send(one, 'SIGKILL');
    },
    async verify(target, before) {
      for (let look = 0; look < looks; look++) {
        if (treeOf(rootsOf(target, before))(allProcesses()).every(isEnded)) return;
        await wait(pause);
      }
      const left = treeOf(rootsOf(target, before))(allProcesses()).filter(one => !isEnded(one));
      const pids = left.map(({ pid }) => pid).join(', ');
      throw notInForce(`still there: ${pids}`, `仍然存在：${pids}`);
    },
  };
}

/** The kind `suspend-tree`. */
export function suspendTree(): ActionKind<TreeTarget, Members> {
  return {
    ...shared,
    name: 'suspend-tree',
    title: { en: 'Suspend a process tree', zh: '挂起进程树' },
    describe: { en: 'process: PID:START', zh: 'process：进程号:启动时间' },
    afterCrash: 'undo',
    text: target => says('suspend', '挂起', target),
    async plan(target) {
      return {
        does: membersText(
          target,
          'suspended (SIGSTOP): they keep memory and connections, and do nothing',
          '挂起（SIGSTOP）：保留内存与连接，但不再运行',
        ),
        leaves: [{ en: 'everything else', zh: '其余进程不受影响' }],
        undo: { en: 'they go on (SIGCONT) where they were', zh: '从中断处继续运行（SIGCONT）' },
      };
    },
    async apply(target, before) {
      await stopAll(treeOf(rootsOf(target, before)));
    },
    async verify(target, before) {
      const running = treeOf(rootsOf(target, before))(allProcesses()).filter(
        one => !isEnded(one) && !isHalted(one) && mayTouch(one),
      );
      if (running.length === 0) return;
      const pids = running.map(({ pid }) => pid).join(', ');
      throw notInForce(`still running: ${pids}`, `仍在运行：${pids}`);
    },
    async undo(target, before) {
      const stayed = new Set(before.stopped.map(({ pid, start }) => `${pid}:${start}`));
      for (const { pid, startTicks } of treeOf(rootsOf(target, before))(allProcesses()))
        if (!stayed.has(`${pid}:${startTicks}`)) send({ pid, start: startTicks }, 'SIGCONT');
    },
  };
}

function isEnded({ state }: { readonly state: string }): boolean {
  return state === 'Z' || state === 'X';
}

function rootOf({ process }: TreeTarget): ProcessIdentity {
  const root = identityOf(process);
  if (root === undefined)
    throw new ActionError('bad_target', { en: 'no process is named', zh: '未指明进程' });
  return root;
}

function rootsOf(target: TreeTarget, { boot, members }: Members): ProcessIdentity[] {
  return boot === hostMoment().bootId ? [rootOf(target), ...members] : [];
}

/** The root, if it is there and may be touched. @throws ActionError `refused` */
function required(target: TreeTarget): ProcessIdentity {
  const root = rootOf(target);
  const found = lookAt(root.pid);
  if (found === undefined || !isThere(root))
    throw refused(
      `process ${root.pid} that started at ${root.start} is gone${found === undefined ? '' : '; its pid belongs to another one now'}`,
      `进程 ${root.pid}（启动于 ${root.start}）已不存在${found === undefined ? '' : '；其进程号已属于另一个进程'}`,
    );
  if (!mayTouch(found))
    throw refused(
      `process ${root.pid} is pid 1, a kernel thread, Redoubt itself or what it came from`,
      `进程 ${root.pid} 是 1 号进程、内核线程、Redoubt 自身或其上级`,
    );
  return root;
}

function membersText(target: TreeTarget, en: string, zh: string): Bilingual[] {
  const found = treeOf([required(target)])(allProcesses());
  const names = found.slice(0, named).map(({ pid, name }) => `${name} (${pid})`);
  const more = found.length > named ? ' …' : '';
  const list = `${names.join(', ')}${more}`;
  return [
    { en: `${found.length} processes are ${en}: ${list}`, zh: `${found.length} 个进程将被${zh}：${list}` },
  ];
}

function says(en: string, zh: string, target: TreeTarget): Bilingual {
  const { pid } = rootOf(target);
  const name = lookAt(pid)?.name ?? '';
  return { en: `${en} ${name} (${pid}) and what came from it`, zh: `${zh} ${name}（${pid}）及其派生的进程` };
}
