/** A folder of a test's own, and a journal in it. */
import fs, { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { JournalEntry, JournalSink } from '@redoubt/model';

/** Gone with the test. */
export function testFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-response-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Entries as lines of a file, that survive a death which is only pretended. */
export function fileJournal(folder: string, point: () => void = () => undefined): JournalSink {
  return {
    async append(entry) {
      point();
      appendFileSync(join(folder, 'journal'), `${JSON.stringify(entry)}\n`);
      point();
    },
  };
}

/** All entries so far. */
export function journalOf(folder: string): JournalEntry[] {
  const path = join(folder, 'journal');
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  return lines.map(line => JSON.parse(line) as JournalEntry);
}

/** The last outcome, and of what: `action.run done`. */
export function lastWord(folder: string): string {
  const last = journalOf(folder).at(-1);
  return last === undefined ? '' : `${last.action} ${last.outcome}`;
}

/** Calls of which only the removal of a record dies: a dead process does not clear up after itself. */
export function mortalRemoval(fate: { point(): void }): typeof fs {
  const rmSync: typeof fs.rmSync = (...given) => {
    fate.point();
    fs.rmSync(...given);
  };
  return { ...fs, rmSync };
}
