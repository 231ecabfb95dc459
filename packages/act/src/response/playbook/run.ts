/** A run of a playbook, on disk: what a restart goes on from. */
import { createHash } from 'node:crypto';
import fs, { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Bilingual, JournalEntry } from '@redoubt/model';
import { readSmallFile, replaceFile } from '@redoubt/store/durable';
import { wordsOfError } from '../action.ts';
import type { ShelfCalls } from '../shelf.ts';
import type { Approval } from './playbook.ts';

/** `undoing`: a step has failed or somebody asked for it; the steps are taken back. */
export type RunStatus = 'running' | 'waiting' | 'done' | 'undoing' | 'failed' | 'expired' | 'undone';

export interface RunStep {
  readonly name: string;
  readonly action: string;
  readonly target: object;
  readonly lasts?: number;
  readonly approval?: Approval;
  readonly optional: boolean;
  readonly status: 'pending' | 'done' | 'failed';
  /** Grows where a crash has cut the action short. */
  readonly attempt: number;
  /** The action that was done for it. */
  readonly uid?: string;
  /** It stood already, done by somebody else: undoing the run leaves it. */
  readonly isJoined?: true;
  readonly approvals: readonly { readonly by: string; readonly time: number }[];
  /** When the time to agree is over. */
  readonly deadline?: number;
  readonly error?: Bilingual;
}

/** Times are milliseconds since the Unix epoch. */
export interface Run {
  readonly uid: string;
  readonly playbook: string;
  readonly title: Bilingual;
  readonly finding: string;
  readonly by: string;
  readonly created: number;
  readonly status: RunStatus;
  /** What it ends as once its steps are taken back. */
  readonly endsAs?: 'failed' | 'expired' | 'undone';
  readonly onFailure: 'undo' | 'keep';
  readonly steps: readonly RunStep[];
  readonly error?: Bilingual;
  /** What the journal is still to be told of; told again after a crash, so an entry may be there twice. */
  readonly note?: JournalEntry;
}

/** Whether a run has come to its end. */
export function isEnded({ status }: Run): boolean {
  return status !== 'running' && status !== 'waiting' && status !== 'undoing';
}

/** The same playbook on the same finding is the same run; the number tells attempts after its end apart. */
export function runUid(playbook: string, finding: string, attempt: number): string {
  return createHash('sha256')
    .update(JSON.stringify([playbook, finding, attempt]))
    .digest('hex')
    .slice(0, 16);
}

const sizeLimit = 1024 * 1024;

/** The folder `playbook-runs/` of a state directory. */
export class RunShelf {
  readonly #folder: string;
  readonly #calls: ShelfCalls;

  constructor(stateDirectory: string, calls: ShelfCalls = fs) {
    this.#folder = join(stateDirectory, 'playbook-runs');
    this.#calls = calls;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** Every run. A damaged file is put aside and told of. */
  read(trouble: (text: Bilingual) => void): Run[] {
    return readdirSync(this.#folder)
      .filter(name => name.endsWith('.json'))
      .flatMap(name => {
        const path = join(this.#folder, name);
        try {
          const run = JSON.parse(readSmallFile(path, sizeLimit) ?? '') as Partial<Run> | null;
          if (`${run?.uid}.json` !== name || !Array.isArray(run?.steps))
            throw new Error('it is no run of a playbook');
          return [run as Run];
        } catch (error) {
          const { en, zh } = wordsOfError(error);
          trouble({
            en: `A run of a playbook is lost. ${path}: ${en}`,
            zh: `剧本运行记录已损坏。${path}：${zh}`,
          });
          renameSync(path, `${path}.damaged`);
          return [];
        }
      });
  }

  /** On disk when this returns. @throws the system's error, with the old file in place */
  write(run: Run): void {
    replaceFile(this.#path(run.uid), `${JSON.stringify(run)}\n`, 0o600, this.#calls);
  }

  forget(uid: string): void {
    this.#calls.rmSync(this.#path(uid), { force: true });
  }

  #path(uid: string): string {
    return join(this.#folder, `${uid}.json`);
  }
}
