/**
 * Freezing a container or a unit: the kernel stops every task of a control group and those that it will ever get.
 */
import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Bilingual } from '@redoubt/model';
import { type ActionKind, notInForce } from '../action.ts';
import {
  containers,
  describeOf,
  findGroup,
  type GroupParts,
  type GroupSort,
  type GroupTarget,
  isFrozen,
  parseGroup,
  pidsOf,
  setFrozen,
  units,
  usualRoots,
} from '../cgroup.ts';

interface Frozen {
  readonly folder: string;
  readonly wasFrozen: boolean;
}

const looks = 250;
const pause = 20;

/** The kind `freeze-container`. */
export function freezeContainer(parts: GroupParts = {}): ActionKind {
  return freezing(parts, 'freeze-container', { en: 'Freeze a container', zh: '冻结容器' }, containers);
}

/** The kind `freeze-unit`. */
export function freezeUnit(parts: GroupParts = {}): ActionKind {
  return freezing(parts, 'freeze-unit', { en: 'Freeze a unit', zh: '冻结服务单元' }, units);
}

function freezing(
  { roots = usualRoots }: GroupParts,
  name: string,
  title: Bilingual,
  sort: GroupSort,
): ActionKind {
  const { what } = sort;
  const kind: ActionKind<GroupTarget, Frozen> = {
    name,
    title,
    describe: describeOf(sort),
    afterCrash: 'undo',
    parse: given => parseGroup(given, sort),
    key: target => target.name,
    text: target => ({
      en: `freeze ${what.en} ${target.name}`,
      zh: `冻结${what.zh} ${target.name}`,
    }),
    async plan(target) {
      const count = pidsOf(findGroup(sort, target, roots)).length;
      return {
        does: [
          { en: `all its ${count} processes stop where they are`, zh: `其全部 ${count} 个进程就地停止` },
        ],
        leaves: [{ en: 'memory, files and connections stay as they are', zh: '内存、文件和连接保持原样' }],
        undo: { en: 'it is thawed and goes on', zh: '解冻后继续运行' },
      };
    },
    async prepare(target) {
      const folder = findGroup(sort, target, roots);
      return { folder, wasFrozen: isFrozen(folder) };
    },
    async apply(_, { folder }) {
      setFrozen(folder, true);
    },
    async verify(target, { folder }) {
      for (let look = 0; look < looks; look++) {
        if (isFrozen(folder)) return;
        await wait(pause);
      }
      throw notInForce(`${target.name} has not come to a stop`, `${target.name} 未能停止`);
    },
    async undo(_, { folder, wasFrozen }) {
      // A group that is gone has taken its tasks with it.
      if (!wasFrozen && existsSync(folder)) setFrozen(folder, false);
    },
  };
  return kind as unknown as ActionKind;
}
