/** The account of a storm: what was performed, what the recorder holds of it, and what the agent says it lost. */
import type { EventKind } from '@redoubt/model';
import type { Summary } from '../../apps/agent/src/api/contract.ts';

/** One kind of event in the account. */
export interface AccountLine {
  kind: EventKind;
  performed: number;
  recorded: number;
  /** Recorded, but by nobody known: what would tell whose it is was lost. */
  unattributed: number;
  /** Of this kind, by all processes of the host: the kernel cannot tell whose events it could not keep. */
  lost: number;
}

/** How much was lost while a storm ran. */
export interface Losses {
  byKind: ReadonlyMap<string, number>;
  /** Events seen but not stored; their kinds are not counted. */
  dropped: number;
}

/** What was lost between two summaries of one agent. */
export function lossesBetween(before: Summary, after: Summary): Losses {
  const byKind = new Map<string, number>();
  for (const [kind, count] of Object.entries(after.events.lost_by_kind)) {
    byKind.set(kind, count - (before.events.lost_by_kind[kind] ?? 0));
  }
  return { byKind, dropped: after.events.dropped - before.events.dropped };
}

/**
 * Whether the account is right: nothing recorded twice, and nothing missing that was not counted as lost.
 * Where nothing was lost this means that recorded and performed are equal.
 */
export function isExact(lines: readonly AccountLine[], losses: Losses): boolean {
  const anyLost = losses.dropped > 0 || [...losses.byKind.values()].some(count => count > 0);
  let uncounted = 0;
  for (const { performed, recorded, unattributed, lost } of lines) {
    if (recorded > performed) return false;
    uncounted += Math.max(0, performed - recorded - lost - (anyLost ? unattributed : 0));
  }
  return uncounted <= losses.dropped;
}
