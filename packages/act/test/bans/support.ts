/** What tests of bans share. */
import { join } from 'node:path';
import type { JournalEntry } from '@redoubt/model';
import { type LogRecord, readLog } from '@redoubt/observe/log';
import { type Jail, loadJails, parseJail } from '../../src/bans/index.ts';

const shipped = join(import.meta.dirname, '../../../../content/jails');

/** The jails that are shipped. */
export function shippedJails(): readonly Jail[] {
  const { jails, problems } = loadJails([shipped]);
  if (problems.length > 0) throw new Error(problems.map(({ en }) => en).join('\n'));
  return jails;
}

/** One of them, with other values. */
export function jailNamed(name: string, changes: Partial<Jail> = {}): Jail {
  const jail = shippedJails().find(one => one.name === name);
  if (jail === undefined) throw new Error(`no jail ${name}`);
  return { ...jail, ...changes };
}

/** A jail from YAML. */
export const jailOf = (text: string): Jail => parseJail(text, 'test.yml');

/** The records of a log. */
export async function recordsOf(text: string, name = 'auth.log'): Promise<LogRecord[]> {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text);
  }
  const records: LogRecord[] = [];
  for await (const record of readLog(bytes(), { name, timezone: 'UTC', year: 2026 })) records.push(record);
  return records;
}

/** A line of auth.log. */
export const line = (second: number, program: string, message: string): string =>
  `2026-03-01T10:${String(Math.floor(second / 60)).padStart(2, '0')}:${String(second % 60).padStart(2, '0')}+00:00 host ${program}: ${message}\n`;

/** A journal in memory. */
export function memoryJournal(): { entries: JournalEntry[]; append(entry: JournalEntry): Promise<void> } {
  const entries: JournalEntry[] = [];
  return {
    entries,
    async append(entry) {
      entries.push(entry);
    },
  };
}
