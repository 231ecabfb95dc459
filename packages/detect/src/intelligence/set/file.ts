/**
 * A set in one file that is read without parsing.
 *
 * "RDBTIOC1", the header's length and CRC-32 (two little-endian 32-bit numbers), the header (JSON), then the arrays,
 * each at a multiple of 8 bytes and as it stands in memory (little-endian). The header names each array with its
 * place, length and CRC-32.
 */
import { readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { replaceLarge } from '@redoubt/store/durable';
import { indicatorKinds } from '../kinds.ts';
import type { Arrays } from '../table/table.ts';
import { IndicatorSet, type SourceInfo } from './indicator-set.ts';

const magic = 'RDBTIOC1';
const largestHeader = 16 * 1024 * 1024;

interface ArrayPlace {
  readonly table: string;
  readonly column: string;
  readonly type: 'u8' | 'u32';
  /** Bytes from the first array. */
  readonly offset: number;
  readonly bytes: number;
  readonly crc: number;
}

interface Header {
  readonly seed: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly sources: readonly SourceInfo[];
  readonly arrays: readonly ArrayPlace[];
}

/** A file of indicators that is damaged or is none. */
export class IndicatorFileError extends Error {
  constructor(path: string, reason: string) {
    super(`${path}: ${reason}`);
    this.name = 'IndicatorFileError';
  }
}

const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;

function bytesOf(array: Uint8Array | Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Every array of a set with the table that it belongs to. */
function* arraysOf(set: IndicatorSet): Generator<[table: string, Arrays]> {
  yield ['metadata', set.metadata.arrays()];
  for (const kind of indicatorKinds) if (set.tables[kind].count > 0) yield [kind, set.tables[kind].arrays()];
}

/** Writes a set. The file is replaced as a whole or not at all, and only its owner may read it. */
export async function writeIndicators(path: string, set: IndicatorSet): Promise<number> {
  const arrays: ArrayPlace[] = [];
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [table, columns] of arraysOf(set)) {
    for (const [column, array] of Object.entries(columns)) {
      const bytes = bytesOf(array);
      const type = array instanceof Uint32Array ? 'u32' : 'u8';
      arrays.push({ table, column, type, offset, bytes: bytes.length, crc: crc32(bytes) });
      parts.push(bytes, new Uint8Array(aligned(bytes.length) - bytes.length));
      offset += aligned(bytes.length);
    }
  }
  const counts = Object.fromEntries(indicatorKinds.map(kind => [kind, set.tables[kind].count]));
  const header: Header = { seed: set.seed, counts, sources: set.sources, arrays };
  const json = Buffer.from(JSON.stringify(header));
  const head = Buffer.alloc(aligned(16 + json.length));
  head.write(magic, 'latin1');
  head.writeUInt32LE(json.length, 8);
  head.writeUInt32LE(crc32(json), 12);
  json.copy(head, 16);
  await replaceLarge(path, [head, ...parts]);
  return head.length + offset;
}

/**
 * Reads a set: the arrays are views of the file's bytes.
 * @returns undefined when there is no file
 * @throws IndicatorFileError naming what is damaged
 */
export async function readIndicators(path: string): Promise<IndicatorSet | undefined> {
  let file: Buffer;
  try {
    file = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const fail = (reason: string): never => {
    throw new IndicatorFileError(path, reason);
  };
  if (file.length < 16 || file.toString('latin1', 0, 8) !== magic) fail('not a file of indicators');
  const headerLength = file.readUInt32LE(8);
  if (headerLength > Math.min(largestHeader, file.length - 16)) fail('cut off within the header');
  const json = file.subarray(16, 16 + headerLength);
  if (crc32(json) !== file.readUInt32LE(12)) fail('the header is damaged');
  const header = JSON.parse(json.toString()) as Header;
  const tables = viewsOf(file, aligned(16 + headerLength), header, fail);
  const set = new IndicatorSet(header.seed);
  set.sources = [...header.sources];
  try {
    set.metadata.load(tables.get('metadata') ?? {});
    for (const kind of indicatorKinds) {
      const count = header.counts[kind] ?? 0;
      if (count > 0) set.tables[kind].load(count, tables.get(kind) ?? {});
    }
  } catch (error) {
    fail((error as Error).message);
  }
  return set;
}

function viewsOf(
  file: Buffer,
  start: number,
  header: Header,
  fail: (reason: string) => never,
): Map<string, Arrays> {
  const tables = new Map<string, Arrays>();
  for (const { table, column, type, offset, bytes, crc } of header.arrays) {
    const from = start + offset;
    const name = `${table}.${column}`;
    if (from + bytes > file.length) fail(`cut off: ${name} ends at byte ${from + bytes} of ${file.length}`);
    const part = file.subarray(from, from + bytes);
    if (crc32(part) !== crc) fail(`${name} at byte ${from} is damaged`);
    const arrays = tables.get(table) ?? {};
    arrays[column] = type === 'u8' ? new Uint8Array(part.buffer, part.byteOffset, part.length) : words(part);
    tables.set(table, arrays);
  }
  return tables;
}

function words(bytes: Buffer): Uint32Array {
  // A small file may share its memory with others, at any offset.
  const { buffer, byteOffset, length } =
    bytes.byteOffset % 4 === 0 ? bytes : Buffer.from(new Uint8Array(bytes).buffer);
  return new Uint32Array(buffer, byteOffset, length / 4);
}
