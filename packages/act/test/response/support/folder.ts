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

/** What of a fate says that it has come. */
export interface Mortal {
  point(): void;
  readonly isDead?: boolean;
}

/** Calls of which only the removal of a record dies. Dead, a process writes nothing and does not clear up after itself. */
export function mortalRemoval(fate: Mortal): typeof fs {
  const alive = (): void => {
    if (fate.isDead === true) throw new Error('dead');
  };
  const openSync: typeof fs.openSync = (...given) => {
    alive();
    return fs.openSync(...given);
  };
  const renameSync: typeof fs.renameSync = (...given) => {
    alive();
    fs.renameSync(...given);
  };
  const rmSync: typeof fs.rmSync = (...given) => {
    fate.point();
    fs.rmSync(...given);
  };
  return { ...fs, openSync, renameSync, rmSync };
}
