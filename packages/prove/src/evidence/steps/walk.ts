/** Regular files below a place, without following links. */
import { lstat, opendir } from 'node:fs/promises';
import { wordsOf } from '../error.ts';

/** A file that was found. */
export interface Found {
  readonly path: Buffer;
  readonly bytes: number;
  /** Milliseconds since the Unix epoch. */
  readonly changed: number;
}

const slash = Buffer.from('/');

/**
 * Every regular file below a path, or the path itself. Another file system below it is not entered.
 * @param onTrouble told of what cannot be looked at, and of what is neither a file nor a folder
 */
export async function* filesBelow(
  path: Buffer,
  onTrouble: (path: Buffer, why: string) => void,
): AsyncGenerator<Found> {
  const waiting = [path];
  let device: number | undefined;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    try {
      const found = await lstat(next);
      device ??= found.dev;
      if (found.isDirectory()) {
        if (found.dev !== device) onTrouble(next, 'is on another file system');
        else waiting.push(...(await namesOf(next)));
      } else if (found.isFile()) yield { path: next, bytes: found.size, changed: found.mtimeMs };
      else if (!found.isSymbolicLink()) onTrouble(next, 'is no regular file');
    } catch (error) {
      onTrouble(next, wordsOf(error));
    }
  }
}

/** Paths in a folder, the first in the order of bytes last, as a stack takes them. */
async function namesOf(folder: Buffer): Promise<Buffer[]> {
  const names: Buffer[] = [];
  // Node's types know the encoding of names for readdir only.
  const options = { encoding: 'buffer' } as unknown as { encoding: 'utf8' };
  for await (const { name } of await opendir(folder, options)) names.push(name as unknown as Buffer);
  return names
    .sort((a, b) => Buffer.compare(b, a))
    .map(name => Buffer.concat([folder, folder.equals(slash) ? Buffer.alloc(0) : slash, name]));
}
