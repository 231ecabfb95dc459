/** States of images in files, and how two differ. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { StateChange, StateEntry } from '@redoubt/model';
import type { CollectOptions } from '../collector.ts';
import type { Decision } from '../state/golden-file.ts';
import { collectContainer } from './container.ts';
import { collectDirectory } from './directory.ts';
import { type DiskOptions, isQcow2, withDisk } from './disk.ts';
import { ImageError, maxEntries } from './entry.ts';

/** What a source is. */
export type SourceKind = 'directory' | 'container' | 'disk';

/** What a path holds, by its content. @throws ImageError when it is none of these */
export async function kindOf(path: string): Promise<SourceKind> {
  const found = await stat(path).catch(error => {
    throw new ImageError(`${path}: ${(error as Error).message}`);
  });
  if (found.isDirectory()) {
    const layout = await stat(`${path}/oci-layout`).catch(() => undefined);
    return layout?.isFile() ? 'container' : 'directory';
  }
  if (found.isBlockDevice()) return 'disk';
  if (!found.isFile()) throw new ImageError(`${path} is neither a file nor a folder`);
  if (await isQcow2(path)) return 'disk';
  const handle = await open(path, 'r');
  try {
    const { buffer } = await handle.read(Buffer.alloc(512), 0, 512, 0);
    return buffer.toString('latin1', 257, 262) === 'ustar' ? 'container' : 'disk';
  } finally {
    await handle.close();
  }
}

/** Runs work on every entry of an image, whatever kind it is. */
export async function withImage<T>(
  path: string,
  options: Omit<CollectOptions, 'root'> & DiskOptions,
  work: (entries: AsyncIterable<StateEntry>) => Promise<T>,
): Promise<T> {
  const kind = await kindOf(path);
  if (kind === 'container') return work(collectContainer(path, options));
  if (kind === 'directory') return work(collectDirectory({ ...options, root: path }));
  return withDisk(path, options, root => work(collectDirectory({ ...options, root })));
}

const format = 'redoubt-image-state-1';

/** Writes a state: a line of what it is, a line an entry, a line with count and SHA-256 of all before. */
export async function writeState(
  file: string,
  source: string,
  entries: AsyncIterable<StateEntry>,
  decision?: Decision,
): Promise<{ entries: number; sha256: string }> {
  const partial = `${file}.partial`;
  const handle: FileHandle = await open(partial, 'wx', 0o600);
  const hash = createHash('sha256');
  let count = 0;
  let waiting: string[] = [];
  const flush = async (): Promise<void> => {
    const text = waiting.join('');
    waiting = [];
    hash.update(text);
    await handle.write(text);
  };
  try {
    waiting.push(`${JSON.stringify({ format, source, created: Date.now(), decision })}\n`);
    for await (const entry of entries) {
      count++;
      if (waiting.push(`${JSON.stringify(entry)}\n`) >= 1000) await flush();
    }
    await flush();
    const sha256 = hash.digest('hex');
    await handle.write(`${JSON.stringify({ entries: count, sha256 })}\n`);
    await handle.sync();
    await handle.close();
    await rename(partial, file);
    return { entries: count, sha256 };
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(partial, { force: true });
    throw error;
  }
}

/** Reads a state. @throws ImageError when it is none, torn or altered */
export async function readState(file: string): Promise<Map<string, StateEntry>> {
  const hash = createHash('sha256');
  const entries = new Map<string, StateEntry>();
  let first = true;
  let end: { entries?: number; sha256?: string } | undefined;
  for await (const line of createInterface({
    input: createReadStream(file),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    let value: Record<string, unknown>;
    try {
      value = JSON.parse(line);
    } catch {
      throw new ImageError(`${file} is torn or no state of an image`);
    }
    if (first && value['format'] !== format) throw new ImageError(`${file} is no state of an image`);
    if (value['key'] === undefined && !first) {
      end = value;
      break;
    }
    if (!first) entries.set(String(value['key']), value as unknown as StateEntry);
    if (entries.size > maxEntries) throw new ImageError(`${file} has more than ${maxEntries} entries`);
    first = false;
    hash.update(`${line}\n`);
  }
  if (end?.sha256 !== hash.digest('hex') || end.entries !== entries.size)
    throw new ImageError(`${file} is torn or was altered`);
  return entries;
}

/** Below these a system keeps what an image should decide; elsewhere files come and go while it runs. */
const fixed = /^\/(?:usr|bin|sbin|lib\w*|boot|etc|opt)(?:\/|$)/;

/**
 * How entries differ from a golden state, as they come; what is missing comes last. `golden` is used up.
 * @param all everything, not only programs, libraries, boot files and configuration
 */
export async function* compareImage(
  golden: Map<string, StateEntry>,
  entries: AsyncIterable<StateEntry>,
  all = false,
): AsyncGenerator<StateChange> {
  for await (const after of entries) {
    const { key } = after;
    const before = golden.get(key);
    golden.delete(key);
    if (!all && !fixed.test(key)) continue;
    if (before === undefined) {
      yield { kind: 'added', key, after };
      continue;
    }
    const names = new Set([...Object.keys(before.facts), ...Object.keys(after.facts)]);
    const fields = [...names].filter(name => before.facts[name] !== after.facts[name]);
    if (fields.length > 0) yield { kind: 'changed', key, before, after, fields };
  }
  for (const [key, before] of golden) if (all || fixed.test(key)) yield { kind: 'removed', key, before };
}
