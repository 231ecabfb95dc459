/** Programs worth keeping: of running processes, those deleted, in memory or in temporary folders; those that findings name. */
import { filesNamed } from '../incident.ts';
import { memberName } from '../members.ts';
import type { EvidencePlan, EvidenceStep } from '../step.ts';
import { NotHere } from '../step.ts';
import { linkOf, runningPids } from './read.ts';
import { findingsOf, openRecordIn } from './record.ts';

/** Folders in which programs have no business. */
const temporary = /^\/(?:tmp|var\/tmp|dev\/shm|run\/user)\//;

interface Suspect {
  /** Where it is read: through /proc for what has no name any more. */
  readonly from: string;
  readonly name: string;
}

/** Running programs that were deleted, live in memory or lie in a temporary folder. */
function runningSuspects(): Suspect[] {
  return runningPids().flatMap(pid => {
    const program = linkOf(`/proc/${pid}/exe`);
    if (program === undefined) return [];
    const isNameless = program.endsWith(' (deleted)') || program.startsWith('/memfd:');
    if (!isNameless && !temporary.test(program)) return [];
    return [{ from: `/proc/${pid}/exe`, name: `running/${pid}${program}` }];
  });
}

/** Files that the period's findings name and that are there. */
async function foundSuspects({ record, from, to }: EvidencePlan): Promise<Suspect[]> {
  if (record === undefined) return [];
  const paths = new Set<string>();
  try {
    const reader = openRecordIn(record);
    try {
      for await (const finding of findingsOf(reader, from, to))
        for (const path of filesNamed(finding)) if (paths.size < 10_000) paths.add(path);
    } finally {
      reader.close();
    }
  } catch (error) {
    if (!(error instanceof NotHere)) throw error;
  }
  return Array.from(paths, path => ({ from: path, name: `found/${memberName(path)}` }));
}

export const suspiciousStep: EvidenceStep = {
  id: 'suspicious',
  title: { en: 'suspicious programs', zh: '可疑程序' },
  estimate: async plan => ({ members: runningSuspects().length + (await foundSuspects(plan)).length }),
  collect: async ({ plan, sink }) => {
    for (const { from, name } of runningSuspects()) await sink.file(name, from, plan.fileLimit, true);
    for (const { from, name } of await foundSuspects(plan)) await sink.file(name, from, plan.fileLimit);
  },
};
