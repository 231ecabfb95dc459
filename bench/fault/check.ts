/** What must hold of an agent and its recorder after a fault. */

import { globSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Summary } from '../../apps/agent/src/api/contract.ts';
import { openHistory } from '../lib/history.ts';

/**
 * Checks every SQLite database below a state folder.
 * @throws Error with SQLite's words if one is not sound
 */
export function checkDatabases(state: string): void {
  const files = globSync(['*.db', '**/*.db', '*.sqlite', '**/*.sqlite'], { cwd: state });
  if (files.length === 0) throw new Error(`no database below ${state}`);
  for (const file of files) {
    const database = new DatabaseSync(join(state, file), { readOnly: true });
    try {
      const [row] = database.prepare('pragma integrity_check').all();
      const answer = String(row?.['integrity_check']);
      if (answer !== 'ok') throw new Error(`${file}: ${answer}`);
    } finally {
      database.close();
    }
  }
}

/** What can be read of a history. */
export interface HistoryCheck {
  events: number;
  /** Milliseconds since the Unix epoch of the newest event before `until`; 0 if there is none. */
  newestTime: number;
}

/**
 * Reads a whole history.
 * @param until only events before this time, milliseconds since the Unix epoch
 * @throws Error if a part cannot be read or the sequence numbers do not grow
 */
export async function checkHistory(state: string, until = Number.MAX_SAFE_INTEGER): Promise<HistoryCheck> {
  const history = openHistory(state);
  let [events, newestTime, lastSequence] = [0, 0, -1];
  try {
    for await (const { sequence, time } of history.events({
      to: until,
      onDamage: ({ firstSequence, reason }) => {
        throw new Error(`the chunk of event ${firstSequence} cannot be read: ${reason}`);
      },
    })) {
      if (sequence <= lastSequence) throw new Error(`event ${sequence} stands after event ${lastSequence}`);
      lastSequence = sequence;
      newestTime = Math.max(newestTime, time);
      events++;
    }
  } finally {
    history.close();
  }
  return { events, newestTime };
}

/** Whether the agent tells its user of something, by the beginning of the warning's code. */
export function warns(summary: Summary, code: string): boolean {
  return summary.warnings.some(warning => warning.code.startsWith(code));
}
