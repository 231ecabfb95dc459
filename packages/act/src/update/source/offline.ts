/** A repository in one tar file, for networks that nothing but a person with a medium reaches. */
import { constants } from 'node:fs';
import { type FileHandle, mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { limits } from '../metadata/types.ts';
import { UpdateRefused } from '../refusal.ts';
import { DirectorySource } from './directory.ts';
import { endless, type UpdateSource } from './source.ts';

/** The only names that a repository has; anything else in the file is passed over. */
const memberPattern = /^(timestamp\.json|(root|releases)\/\d{1,9}\.json|blobs\/[0-9a-f]{64}\.zst)$/;

/**
 * Unpacks an offline file into a private folder that goes when the source is closed. Names never become paths
 * unless they are names that a repository has.
 * @throws UpdateRefused `malformed` or `truncated` for a damaged file, `endless_data` beyond the limits, `missing`
 *   and `unreachable` for one that is not there or cannot be read
 */
export async function openOfflineFile(file: string): Promise<UpdateSource> {
  const folder = await mkdtemp(join(tmpdir(), 'redoubt-update-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await unpack(file, folder);
  } catch (error) {
    await remove();
    throw error;
  }
  const source = new DirectorySource(folder);
  return { place: file, fetch: (path, most) => source.fetch(path, most), close: remove };
}

async function unpack(file: string, folder: string): Promise<void> {
  const { extract } = await import('tar-stream');
  const archive = extract();
  const input = (await openRegular(file)).createReadStream();
  input.on('error', error => archive.destroy(error));
  let ended = false;
  archive.on('finish', () => {
    ended = true;
  });
  input.pipe(archive);
  let total = 0;
  let members = 0;
  try {
    for await (const entry of archive) {
      const { name, size = 0, type } = entry.header;
      if (type === 'file' && memberPattern.test(name)) {
        total += size;
        members++;
        if (total > limits.totalBytes || size > limits.fileBytes) throw endless(name, limits.fileBytes);
        if (members > limits.files) throw endless(file, limits.totalBytes);
        await writeMember(join(folder, name), entry as unknown as Readable);
      } else entry.resume();
    }
  } catch (error) {
    if (error instanceof UpdateRefused) throw error;
    const words = error instanceof Error ? error.message : String(error);
    const isTorn = /unexpected end|premature/i.test(words);
    throw new UpdateRefused(isTorn ? 'truncated' : 'malformed', file, words, `文件损坏：${words}`);
  } finally {
    input.destroy();
  }
  if (!ended || members === 0) {
    throw new UpdateRefused('malformed', file, 'is no offline update', '不是离线更新文件');
  }
}

/** Nobody may make us wait at a FIFO, or read a device for ever. */
async function openRegular(file: string): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new UpdateRefused('missing', file, 'is not there', '不存在');
    throw new UpdateRefused('unreachable', file, `cannot be read: ${message}`, `无法读取：${message}`);
  }
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new UpdateRefused('malformed', file, 'is no regular file', '不是普通文件');
}

async function writeMember(path: string, content: Readable): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const target = await open(path, 'w', 0o600);
  try {
    for await (const part of content) await target.write(part as Uint8Array);
  } finally {
    await target.close();
  }
}
