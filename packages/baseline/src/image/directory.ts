/** The state of a directory: a mounted image, an unpacked one, or the running host. */
import { constants, type Stats } from 'node:fs';
import { lstat, open, opendir, readlink } from 'node:fs/promises';
import type { StateEntry } from '@redoubt/model';
import type { CollectOptions } from '../collector.ts';
import { digestOf } from '../digest.ts';
import { entryOf, type ImageFacts, pathText } from './entry.ts';

/** Folders of a running host whose content is made anew at each start, or never part of an image. */
const volatileFolders = new Set(['/proc', '/sys', '/dev', '/run', '/tmp', '/var/tmp', '/lost+found']);

function typeOf(stats: Stats): ImageFacts['type'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'link';
  if (stats.isFIFO()) return 'fifo';
  return stats.isSocket() ? 'socket' : 'device';
}

/** Hashes a regular file; a FIFO that took its place is not waited for. */
async function hashOf(
  path: Buffer,
  signal: AbortSignal | undefined,
): Promise<{ sha256: string; size: number } | undefined> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!(await handle.stat()).isFile()) return undefined;
    const { digest, size } = await digestOf(handle, 'sha256', signal);
    return { sha256: digest, size };
  } finally {
    await handle.close();
  }
}

/**
 * Every file below a root, on the root's own file system. Links are told, never followed. What cannot be read goes to
 * `onTrouble`. Memory grows with the depth of the tree and the folders that wait, not with the files.
 */
export async function* collectDirectory(options: CollectOptions): AsyncGenerator<StateEntry> {
  const root = options.root.replace(/\/+$/, '');
  const { dev } = await lstat(root || '/');
  const waiting: Buffer[] = [Buffer.from('')];
  let done = 0;
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const real = Buffer.concat([Buffer.from(root), folder.length === 0 ? Buffer.from('/') : folder]);
    const trouble = (path: Buffer, error: unknown): void => {
      const words = error instanceof Error ? error.message : String(error);
      options.onTrouble?.({ key: pathText(path), text: { en: words, zh: `无法读取：${words}` } });
    };
    try {
      for await (const { name } of await opendir(real as unknown as string, {
        encoding: 'buffer' as BufferEncoding,
      })) {
        options.signal?.throwIfAborted();
        const path = Buffer.concat([folder, Buffer.from('/'), name as unknown as Buffer]);
        const full = Buffer.concat([Buffer.from(root), path]);
        try {
          const stats = await lstat(full);
          if (stats.dev !== dev) continue;
          const key = pathText(path);
          const type = typeOf(stats);
          if (type === 'directory' && !volatileFolders.has(key)) waiting.push(path);
          const hashed = type === 'file' ? await hashOf(full, options.signal) : undefined;
          if (type === 'file' && hashed === undefined) continue;
          const target = type === 'link' ? pathText(await readlink(full, { encoding: 'buffer' })) : '';
          const { mode, uid, gid } = stats;
          yield entryOf(key, {
            type,
            mode: mode & 0o7777,
            uid,
            gid,
            size: hashed?.size ?? 0,
            sha256: hashed?.sha256 ?? '',
            target,
          });
          options.onProgress?.(++done);
        } catch (error) {
          options.signal?.throwIfAborted();
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT') trouble(path, error);
        }
      }
    } catch (error) {
      options.signal?.throwIfAborted();
      trouble(folder, error);
    }
  }
}
