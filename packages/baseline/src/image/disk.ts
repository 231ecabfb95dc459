/**
 * Disks of guests, mounted read-only: raw ones through a loop device at the offset of a partition, qcow2 ones after
 * qemu-img has written them out as raw. Nothing is written to the disk: journals are not replayed.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ImageError } from './entry.ts';
import { type Partition, partitionsOf } from './partitions.ts';

const run = promisify(execFile);

async function call(command: string, ...words: string[]): Promise<string> {
  try {
    return (await run(command, words, { env: { ...process.env, LC_ALL: 'C' }, maxBuffer: 8 << 20 })).stdout;
  } catch (error) {
    const { code, stderr = '', message } = error as NodeJS.ErrnoException & { stderr?: string };
    if (code === 'ENOENT') throw new ImageError(`${command} is not installed`, { cause: error });
    throw new ImageError(`${command}: ${stderr.trim().split('\n')[0] || message}`, { cause: error });
  }
}

/** Whether a file is a qcow2 disk, by its first bytes. */
export async function isQcow2(path: string): Promise<boolean> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && buffer.toString('latin1') === 'QFI\xfb';
  } finally {
    await handle?.close();
  }
}

/** Writes a qcow2 disk out as raw. One that draws on other files is refused: its header could name any of the host. */
async function toRaw(path: string, folder: string): Promise<string> {
  const info = JSON.parse(
    await call('qemu-img', 'info', '--force-share', '--output=json', '-f', 'qcow2', path),
  ) as Record<string, unknown>;
  const specific = (info['format-specific'] as { data?: Record<string, unknown> } | undefined)?.data ?? {};
  for (const [name, value] of [
    ['backing-filename', info['backing-filename']],
    ['data-file', specific['data-file']],
  ]) {
    if (value !== undefined)
      throw new ImageError(
        `the disk draws on another file (${name}: ${value}); flatten it first: qemu-img convert -O qcow2`,
      );
  }
  const raw = join(folder, 'disk.raw');
  await call('qemu-img', 'convert', '--force-share', '-f', 'qcow2', '-O', 'raw', path, raw);
  return raw;
}

/** Ways to mount without replaying a journal: ext4, then XFS and Btrfs, then what has none. */
const journalOptions = ['noload', 'norecovery', 'nologreplay', ''];

async function mountAt(raw: string, { offset, size }: Partition, folder: string): Promise<boolean> {
  for (const journal of journalOptions) {
    const options = [
      'ro',
      'loop',
      'nosuid',
      'nodev',
      'noexec',
      `offset=${offset}`,
      ...(size > 0 ? [`sizelimit=${size}`] : []),
      ...(journal === '' ? [] : [journal]),
    ];
    try {
      await call('mount', '-o', options.join(','), raw, folder);
      return true;
    } catch (error) {
      if (/not installed|permitted|superuser/.test(String(error))) throw error;
    }
  }
  return false;
}

/** Whether a mounted file system is the root of a system. */
function isRoot(folder: string): boolean {
  return ['etc/os-release', 'usr/lib/os-release', 'etc/passwd', 'usr/bin'].some(path =>
    existsSync(join(folder, path)),
  );
}

/** How a disk is opened. */
export interface DiskOptions {
  /** Number of the partition, from 1; the first that holds a system by default. */
  readonly partition?: number;
  /** Where a qcow2 disk is written out; needs as much room as its content. */
  readonly work?: string;
}

/**
 * Mounts a disk read-only, runs work on it, and takes everything away again, also when the work fails.
 * @throws ImageError when nothing on it can be mounted, or root is needed
 */
export async function withDisk<T>(
  path: string,
  options: DiskOptions,
  work: (root: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(options.work ?? tmpdir(), 'redoubt-disk-'));
  const mounted = join(folder, 'root');
  try {
    await call('mkdir', '-m', '700', mounted);
    const raw = (await isQcow2(path)) ? await toRaw(path, folder) : path;
    const found = await partitionsOf(raw);
    const all = found.length === 0 ? [{ offset: 0, size: 0 }] : found;
    const wanted =
      options.partition === undefined ? all : all.slice(options.partition - 1, options.partition);
    for (const partition of wanted) {
      if (!(await mountAt(raw, partition, mounted))) continue;
      try {
        if (wanted.length === 1 || isRoot(mounted)) return await work(mounted);
      } finally {
        await call('umount', mounted);
      }
    }
    throw new ImageError('no partition holds a file system of a system that can be mounted here');
  } finally {
    await rm(join(folder, 'disk.raw'), { force: true });
    // Never recursively: if the disk could not be unmounted, its files must not be touched.
    await rmdir(mounted).catch(() => undefined);
    await rmdir(folder).catch(() => undefined);
  }
}
