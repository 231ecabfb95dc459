/** A repository in a folder. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { UpdateRefused } from '../refusal.ts';
import { endless, type UpdateSource } from './source.ts';

/** Reads a repository from a folder. */
export class DirectorySource implements UpdateSource {
  readonly place: string;

  constructor(folder: string) {
    this.place = folder;
  }

  async fetch(path: string, most: number): Promise<Buffer | undefined> {
    try {
      // Nobody may make us wait at a FIFO.
      const file = await open(join(this.place, path), constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        const { size } = await file.stat();
        if (size > most) throw endless(path, most);
        const bytes = Buffer.alloc(size);
        let filled = 0;
        while (filled < size) {
          const { bytesRead } = await file.read(bytes, filled, size - filled, filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return bytes.subarray(0, filled);
      } finally {
        await file.close();
      }
    } catch (error) {
      if (error instanceof UpdateRefused) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return undefined;
      throw new UpdateRefused('unreachable', path, `cannot be read: ${message}`, `无法读取：${message}`);
    }
  }

  async close(): Promise<void> {}
}
