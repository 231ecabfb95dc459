/** Restoring files, each restoration recorded before it is done. */
import type { Bilingual, StateEntry } from '@redoubt/model';
import { carryOut, type FormOptions, type Plan, planOf, presentForm } from './form.ts';
import type { RestorationLog } from './log.ts';

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
