/** Logs that were written to in the period, and the journal of systemd. */
import { memberName } from '../members.ts';
import type { EvidencePlan, EvidenceStep } from '../step.ts';
import { filesBelow } from './walk.ts';

async function* logsOf({ logs, from }: EvidencePlan, onTrouble: (path: Buffer, why: string) => void) {
  for (const place of logs) {
    for await (const found of filesBelow(Buffer.from(place), onTrouble))
      if (found.changed >= from) yield found;
  }
}

export const logsStep: EvidenceStep = {
  id: 'logs',
  title: { en: 'logs of the period', zh: '该时段的日志' },
  estimate: async plan => {
    let bytes = 0;
    let members = 0;
    for await (const found of logsOf(plan, () => undefined)) {
      bytes += found.bytes;
      members += 1;
    }
    return { bytes, members };
  },
  collect: async ({ plan, sink }) => {
    const trouble = (path: Buffer, why: string) =>
      sink.note(`/${memberName(path)}: ${why}`, `/${memberName(path)}：${why}`);
    for await (const { path } of logsOf(plan, trouble)) {
      await sink.file(memberName(path), path, plan.fileLimit);
    }
  },
};
