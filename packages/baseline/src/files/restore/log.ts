/** What was restored, with what stood there before, so that each restoration can be undone. */
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StateEntry } from '@redoubt/model';
import { StateError } from '../../state/error.ts';

/** One restoration, as it is recorded before it is done. */
export interface Restoration {
  /** What an undo names. */
  readonly id: number;
  readonly time: number;
  readonly root: string;
  readonly key: string;
  /** What stood there; absent when there was nothing. */
  readonly before?: StateEntry;
}

/** The record of a folder of golden states. */
export class RestorationLog {
  readonly file: string;

  constructor(directory: string) {
    this.file = join(directory, 'restored.jsonl');
  }

  async list(): Promise<Restoration[]> {
    const text = await readFile(this.file, 'utf8').catch(error => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    return text.split('\n').flatMap(line => {
      try {
        return line === '' ? [] : [JSON.parse(line) as Restoration];
      } catch {
        return []; // cut off by a crash while it was written: nothing had been done yet then
      }
    });
  }

  async add(one: Omit<Restoration, 'id'>): Promise<number> {
    const id = ((await this.list()).at(-1)?.id ?? 0) + 1;
    await appendFile(this.file, `\n${JSON.stringify({ id, ...one })}\n`, { mode: 0o600, flush: true });
    return id;
  }

  /** @throws StateError `missing` */
  async find(id: number): Promise<Restoration> {
    const found = (await this.list()).find(one => one.id === id);
    if (found !== undefined) return found;
    throw new StateError('missing', {
      en: `there is no restoration number ${id}`,
      zh: `没有编号为 ${id} 的恢复记录`,
    });
  }
}
