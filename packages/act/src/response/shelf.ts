/** Actions on disk, one file each: what a restart goes on from. */
import fs, { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { type Action, actionStatuses, type Bilingual, type JournalEntry } from '@redoubt/model';
import { type FileCalls, readSmallFile, replaceFile } from '@redoubt/store/durable';
import type { Moment } from '../ladder/index.ts';
import { wordsOfError } from './action.ts';

/** An action with what only the responder needs. */
export interface ActionRecord extends Action {
  readonly undo?: unknown;
  readonly begun: Moment;
  /** It could not be done: once taken back it is `failed`, not `undone`. */
  readonly isFailure?: true;
  /** What the journal is still to be told of; told again after a crash, so an entry may be there twice. */
  readonly note?: JournalEntry;
}

/** The calls that change the shelf; tests put a fault in front of or behind each of them. */
export type ShelfCalls = FileCalls & Pick<typeof fs, 'rmSync'>;

/** A larger file was not written by us. */
const sizeLimit = 4 * 1024 * 1024;
const namePattern = /^[0-9a-z][0-9a-z-]{3,63}$/;

/** Whether a text can be the uid of an action: uids become names of files. */
export function isActionUid(text: string): boolean {
  return namePattern.test(text);
}

/** The folder `actions/` of a state directory. */
export class ActionShelf {
  readonly folder: string;
  readonly #calls: ShelfCalls;

  constructor(stateDirectory: string, calls: ShelfCalls = fs) {
    this.folder = join(stateDirectory, 'actions');
    this.#calls = calls;
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
  }

  /** Every action, the oldest first. A damaged file is put aside and told of. */
  read(trouble: (text: Bilingual) => void): ActionRecord[] {
    const records: ActionRecord[] = [];
    for (const name of readdirSync(this.folder)) {
      if (!name.endsWith('.json')) continue;
      const path = join(this.folder, name);
      try {
        records.push(parse(readSmallFile(path, sizeLimit) ?? '', name.slice(0, -'.json'.length)));
      } catch (error) {
        const words = wordsOfError(error);
        trouble({
          en: `What an action did cannot be read; it is not undone by itself. ${path}: ${words.en}`,
          zh: `无法读取某个处置操作的记录，它不会自动撤销。${path}：${words.zh}`,
        });
        putAside(path);
      }
    }
    return records.sort((a, b) => a.created - b.created || (a.uid < b.uid ? -1 : 1));
  }

  /** On disk when this returns. @throws the system's error, with the old file in place */
  write(record: ActionRecord): void {
    replaceFile(this.#path(record.uid), `${JSON.stringify(record)}\n`, 0o600, this.#calls);
  }

  forget(uid: string): void {
    this.#calls.rmSync(this.#path(uid), { force: true });
  }

  #path(uid: string): string {
    return join(this.folder, `${uid}.json`);
  }
}

function putAside(path: string): void {
  try {
    renameSync(path, `${path}.damaged`);
  } catch {
    // It stays and is told of again at the next start.
  }
}

function parse(text: string, uid: string): ActionRecord {
  const found = JSON.parse(text) as Partial<ActionRecord> | null;
  const isWhole =
    found?.uid === uid &&
    isActionUid(uid) &&
    typeof found.kind === 'string' &&
    typeof found.key === 'string' &&
    typeof found.created === 'number' &&
    typeof found.text?.en === 'string' &&
    typeof found.begun?.uptime === 'number' &&
    actionStatuses.some(status => status === found.status);
  if (!isWhole) throw new Error('it is no record of an action');
  return found as ActionRecord;
}
