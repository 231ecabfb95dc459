/** Files and folders that were asked for, as they are. */
import { memberName } from '../members.ts';
import type { EvidencePlan, EvidenceStep } from '../step.ts';
import { type Found, filesBelow } from './walk.ts';

async function* found({ files }: EvidencePlan, onTrouble: (path: Buffer, why: string) => void) {
  for (const place of files) yield* filesBelow(Buffer.from(place), onTrouble);
}

export const filesStep: EvidenceStep = {
  id: 'files',
  title: { en: 'chosen files', zh: '指定的文件' },
  estimate: async plan => {
    let bytes = 0;
    let members = 0;
    for await (const one of found(plan, () => undefined)) {
      bytes += one.bytes;
      members += 1;
    }
    return { bytes, members };
  },
  collect: async ({ plan, sink }) => {
    const trouble = (path: Buffer, why: string) =>
      sink.note(`/${memberName(path)}: ${why}`, `/${memberName(path)}：${why}`);
    for await (const { path } of found(plan, trouble) as AsyncGenerator<Found>) {
      await sink.file(memberName(path), path, plan.fileLimit);
    }
  },
};
