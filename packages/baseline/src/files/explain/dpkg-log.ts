/** When dpkg worked, and on what: /var/log/dpkg.log (dpkg(1), --log). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A time in which dpkg worked without a longer rest. */
export interface Transaction {
  /** Milliseconds since the Unix epoch. */
  readonly start: number;
  end: number;
  /** What was installed, upgraded or removed: `upgrade nginx:amd64`. */
  readonly actions: Set<string>;
}

/** Actions closer to each other than this belong together; triggers run between them. */
const restMilliseconds = 120_000;
const actionPattern = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}) (\S+) (\S+)/;
const changing = new Set(['install', 'upgrade', 'remove', 'purge', 'configure']);

/** Adds the lines of a log, whose times are local. Lines that are none are passed over. */
export function transactionsOf(text: string, since: number): Transaction[] {
  const found: Transaction[] = [];
  for (const line of text.split('\n')) {
    const [, day, clock, action = '', subject = ''] = actionPattern.exec(line) ?? [];
    if (day === undefined) continue;
    const time = Date.parse(`${day}T${clock}`);
    if (!(time >= since - 1000)) continue;
    let last = found.at(-1);
    if (last === undefined || time - last.end > restMilliseconds) {
      last = { start: time, end: time, actions: new Set() };
      found.push(last);
    }
    last.end = Math.max(last.end, time);
    if (changing.has(action) && last.actions.size < 10_000) last.actions.add(`${action} ${subject}`);
  }
  return found;
}

/** Transactions since a time, oldest first, from the log and the one that was rotated last. */
export function readTransactions(root: string, since: number): Transaction[] {
  const texts = ['dpkg.log.1', 'dpkg.log'].map(name => {
    try {
      return readFileSync(join(root, 'var/log', name), 'latin1');
    } catch {
      return '';
    }
  });
  return transactionsOf(texts.join('\n'), since);
}
