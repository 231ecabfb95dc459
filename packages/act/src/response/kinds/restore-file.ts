/** Gives a path back the form that the golden state of files has of it. */
import { isAbsolute, normalize } from 'node:path';
import {
  carryOut,
  escapeKey,
  type FormOptions,
  planOf,
  presentForm,
  StateError,
  type Vault,
} from '@redoubt/baseline';
import type { Bilingual, StateEntry } from '@redoubt/model';
import { ActionError, type ActionKind, notInForce, refused } from '../action.ts';
import { TargetReader } from '../target.ts';

export interface RestoreTarget {
  readonly path: string;
}

/** `before` is absent where nothing stood. */
interface Forms {
  readonly wanted: StateEntry;
  readonly before?: StateEntry;
}

/** Where the golden states lie, and what is restored. */
export interface RestoreParts {
  readonly vault: Vault;
  readonly root?: string;
}

const words: Readonly<Record<Exclude<ReturnType<typeof planOf>, 'remove'>, Bilingual>> = {
  nothing: { en: 'it is as it should be', zh: '已是应有的状态' },
  metadata: { en: 'owner, permissions and attributes are put back', zh: '恢复属主、权限和属性' },
  content: {
    en: 'content, owner, permissions and attributes are put back',
    zh: '恢复内容、属主、权限和属性',
  },
  link: { en: 'the link points again where it should', zh: '恢复链接目标' },
  folder: { en: 'the folder is made again', zh: '重新创建目录' },
};

/** The kind `restore-file`. */
export function restoreFile({ vault, root = '/' }: RestoreParts): ActionKind<RestoreTarget, Forms> {
  const { copies } = vault;
  const options: FormOptions = { root, copies };
  const keyOf = ({ path }: RestoreTarget): string => escapeKey(Buffer.from(path));
  const become = async (target: RestoreTarget, wanted: StateEntry | undefined): Promise<void> => {
    const key = keyOf(target);
    const now = await presentForm(key, root);
    await carryOut(planOf(wanted, now, copies), key, wanted, now, options);
  };
  const goldenOf = async (target: RestoreTarget): Promise<StateEntry> => {
    const found = await goldenEntry(vault, keyOf(target));
    if (found !== undefined) return found;
    // It may just lie outside what the state covers.
    throw refused(
      `the golden state of files has nothing at ${target.path}; quarantine-file takes away what does not belong there`,
      `文件黄金状态中没有 ${target.path}；不应存在的文件请用 quarantine-file 移走`,
    );
  };
  return {
    name: 'restore-file',
    title: { en: 'Restore a file', zh: '恢复文件' },
    describe: {
      en: 'path: full path of a file, link or folder that the golden state of files covers',
      zh: 'path：文件黄金状态所涵盖的文件、链接或目录的完整路径',
    },
    afterCrash: 'undo',
    parse(given) {
      const target = new TargetReader(given, ['path']);
      const path = target.text('path');
      if (!isAbsolute(path) || normalize(path) !== path || path === '/')
        target.fail('path', 'must be a full path without . and ..', '必须是不含 . 和 .. 的完整路径');
      return { path };
    },
    key: ({ path }) => path,
    text: ({ path }) => ({ en: `restore ${path}`, zh: `恢复 ${path}` }),
    plan: target =>
      told(async () => {
        const plan = planOf(await goldenOf(target), await presentForm(keyOf(target), root), copies);
        if (plan === 'nothing' || plan === 'remove')
          throw refused(`${target.path} is as it should be`, `${target.path} 已是应有的状态`);
        return {
          does: [words[plan]],
          leaves: [
            {
              en: 'programs that have the file open or have read it go on with what they have',
              zh: '已打开或已读取该文件的程序不受影响',
            },
          ],
          undo: { en: 'what stands there now stands there again', zh: '还原为当前的内容' },
        };
      }),
    prepare: target =>
      told(async () => {
        const [wanted, before] = [await goldenOf(target), await presentForm(keyOf(target), root)];
        return { wanted, ...(before !== undefined && { before }) };
      }),
    apply: (target, { wanted }) => told(() => become(target, wanted)),
    async verify(target, { wanted }) {
      if (planOf(wanted, await presentForm(keyOf(target), root), copies) !== 'nothing')
        throw notInForce(`${target.path} differs from the golden state`, `${target.path} 与黄金状态不同`);
    },
    undo: (target, { before }) => told(() => become(target, before)),
  };
}

/** The entry of a key in the golden state. @throws StateError where there is none, or it cannot be trusted */
async function goldenEntry(vault: Vault, key: string): Promise<StateEntry | undefined> {
  const golden = await vault.open('files', await vault.verifiers());
  try {
    for await (const entry of golden.entries()) if (entry.key === key) return entry;
    return undefined;
  } finally {
    await golden.close();
  }
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StateError) throw new ActionError('refused', error.text, { cause: error });
    throw error;
  }
}
