/** Incidents from the record, as the agent would answer them. */
import type { Incident } from '@redoubt/model';
import type { Invocation } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { openRecord } from './open.ts';

/** The latest incidents of some statuses; of any when absent. */
export function recordedIncidents(
  invocation: Invocation,
  query: { limit: number; status: readonly number[] | undefined; minScore: number },
): Incident[] {
  const reader = openRecord(invocation);
  try {
    return reader.incidents.list(query);
  } finally {
    reader.close();
  }
}

/** One incident. Throws a CommandError when there is none of this uid. */
export function recordedIncident(invocation: Invocation, uid: string): Incident {
  const reader = openRecord(invocation);
  try {
    const incident = reader.incidents.find(uid);
    if (incident) return incident;
    throw new CommandError(ExitCode.usage, {
      en: `There is no incident ${uid}`,
      zh: `没有编号为 ${uid} 的安全事件`,
    });
  } finally {
    reader.close();
  }
}
