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

function refuseDamage({ firstSequence, reason }: { firstSequence: number; reason: string }): void {
  throw new Error(`the chunk of event ${firstSequence} cannot be read: ${reason}`);
}

/**
 * Reads a whole history and answers how many events it holds.
 * @throws Error if a part cannot be read or the sequence numbers do not grow
 */
export async function checkHistory(state: string): Promise<number> {
  const history = openHistory(state);
  let [events, last] = [0, -1];
  try {
    for await (const { sequence } of history.events({ onDamage: refuseDamage })) {
      if (sequence <= last) throw new Error(`event ${sequence} stands after event ${last}`);
      last = sequence;
      events++;
    }
  } finally {
    history.close();
  }
  return events;
}

/**
 * When the newest event before a time happened, both in milliseconds since the Unix epoch; 0 without any event.
 * @throws Error if the part that it stands in cannot be read
 */
export async function newestBefore(state: string, time: number): Promise<number> {
  const history = openHistory(state);
  try {
    for await (const event of history.events({
      to: time,
      order: 'descending',
      limit: 1,
      onDamage: refuseDamage,
    })) {
      return event.time;
    }
    return 0;
  } finally {
    history.close();
  }
}

/** Whether the agent tells its user of something, by the beginning of the warning's code. */
export function warns(summary: Summary, code: string): boolean {
  return summary.warnings.some(warning => warning.code.startsWith(code));
}
