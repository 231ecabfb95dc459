/** Restoring files, with a record of what stood there before, so that each restoration can be undone. */
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bilingual, StateEntry } from '@redoubt/model';
import { StateError } from '../../state/error.ts';
import { carryOut, type FormOptions, type Plan, planOf, presentForm } from './form.ts';

/** One restoration, as it is recorded before it is done. */
export interface Restoration {
  /** What an undo names. */
  readonly id: number;
  readonly time: number;
  readonly root: string;
  readonly key: string;
  /** What stood there; absent when there was nothing. */
  readonly before?: StateEntry;
}

const words: Readonly<Record<Plan, readonly [will: Bilingual, done: Bilingual]>> = {
  nothing: [
    { en: 'is as it should be', zh: '已是应有的状态' },
    { en: 'is as it should be', zh: '已是应有的状态' },
  ],
  remove: [
    { en: 'would be removed; what it holds is kept', zh: '将被删除；内容会保留' },
    { en: 'removed; what it held is kept', zh: '已删除；内容已保留' },
  ],
  metadata: [
    { en: 'would get its owner, permissions and attributes back', zh: '将恢复属主、权限和属性' },
    { en: 'has its owner, permissions and attributes back', zh: '已恢复属主、权限和属性' },
  ],
  content: [
    {
      en: 'would get its content, owner, permissions and attributes back',
      zh: '将恢复内容、属主、权限和属性',
    },
    { en: 'has its content, owner, permissions and attributes back', zh: '已恢复内容、属主、权限和属性' },
  ],
  link: [
    { en: 'would point again where it should', zh: '将恢复链接目标' },
    { en: 'points again where it should', zh: '已恢复链接目标' },
  ],
  folder: [
    { en: 'would be made again', zh: '将重新创建目录' },
    { en: 'made again', zh: '已重新创建目录' },
  ],
};

/** The record of a folder of golden states. */
export class RestorationLog {
  readonly file: string;

  constructor(directory: string) {
    this.file = join(directory, 'restored.jsonl');
  }

  async list(): Promise<Restoration[]> {
    const text = await readFile(this.file, 'utf8').catch(error => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    return text.split('\n').flatMap(line => {
      try {
        return line === '' ? [] : [JSON.parse(line) as Restoration];
      } catch {
        return []; // cut off by a crash while it was written: nothing had been done yet then
      }
    });
  }

  async add(one: Omit<Restoration, 'id'>): Promise<number> {
    const id = ((await this.list()).at(-1)?.id ?? 0) + 1;
    await appendFile(this.file, `\n${JSON.stringify({ id, ...one })}\n`, { mode: 0o600, flush: true });
    return id;
  }

  /** @throws StateError `missing` */
  async find(id: number): Promise<Restoration> {
    const found = (await this.list()).find(one => one.id === id);
    if (found !== undefined) return found;
    throw new StateError('missing', {
      en: `there is no restoration number ${id}`,
      zh: `没有编号为 ${id} 的恢复记录`,
    });
  }
}

/**
 * Gives a path the form of an entry; says only what it would do when `dryRun`.
 * @param wanted undefined: nothing should be there
 * @throws StateError when it cannot be done, or the system's own errors; nothing is changed then
 */
export async function restorePath(
  key: string,
  wanted: StateEntry | undefined,
  log: RestorationLog,
  { dryRun, ...options }: FormOptions & { readonly dryRun: boolean },
): Promise<Bilingual> {
  const now = await presentForm(key, options.root);
  const plan = planOf(wanted, now, options.copies);
  const [will, done] = words[plan];
  if (dryRun) return will;
  if (plan === 'nothing') return done;
  const { root } = options;
  const id = await log.add({ time: Date.now(), root, key, ...(now === undefined ? {} : { before: now }) });
  await carryOut(plan, key, wanted, now, options);
  return {
    en: `${done.en} (undo: redoubt baseline restore files --undo ${id})`,
    zh: `${done.zh}（撤销：redoubt baseline restore files --undo ${id}）`,
  };
}
