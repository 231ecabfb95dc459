/** Reading a state file as a stream. */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createZstdDecompress } from 'node:zlib';
import type { StateEntry } from '@redoubt/model';
import { longestLine, parseHeader, parseLine, type StateFooter, type StateHeader, torn } from './format.ts';
import { compareKeys } from './key.ts';
import { type KeyRange, RangeCursor } from './ranges.ts';

/** Lines of a compressed file, in batches. @throws StateError `torn` on damaged data or a line without end */
export async function* lineBatches(file: string): AsyncGenerator<string[]> {
  const source = createReadStream(file, { highWaterMark: 256 << 10 });
  const plain = createZstdDecompress({ chunkSize: 256 << 10 });
  pipeline(source, plain, () => {}); // the error comes out of the iteration
  const decoder = new StringDecoder('utf8');
  let rest = '';
  try {
    for await (const chunk of plain) {
      const lines = (rest + decoder.write(chunk as Buffer)).split('\n');
      rest = lines.pop() as string;
      if (rest.length > longestLine) throw torn(file, 'a line is too long', '有一行过长');
      if (lines.length > 0) yield lines;
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && /^Z(STD)?_/.test(String(error.code)))
      throw torn(file, 'it cannot be decompressed', '无法解压', error);
    throw error;
  } finally {
    source.destroy();
    plain.destroy();
  }
  if (rest !== '') throw torn(file, 'its last line is cut off', '最后一行不完整');
}

/** The beginning of an entry's line: its key as JSON. */
const keyPattern = /^\["((?:[^"\\]|\\.)*)"/;

function keyOf(line: string): string | undefined {
  const [, text] = keyPattern.exec(line) ?? [];
  return text?.includes('\\') ? JSON.parse(`"${text}"`) : text;
}

/** Entries of ranges of a state whose digest has been checked. */
async function* entriesWithin(
  ranges: readonly KeyRange[],
  first: readonly string[],
  batches: AsyncGenerator<string[]>,
  file: string,
): AsyncGenerator<StateEntry> {
  const cursor = new RangeCursor(ranges);
  let number = 1;
  for (let lines: readonly string[] | undefined = first; lines !== undefined; ) {
    const last = keyOf(lines.at(-1) ?? '');
    const isBefore = last !== undefined && cursor.isBefore(last);
    if (isBefore) number += lines.length;
    for (const line of isBefore ? [] : lines) {
      number++;
      const key = keyOf(line);
      if (key === undefined) continue; // the end
      const place = cursor.placeOf(key);
      if (place === 'past') return;
      if (place === 'outside') continue;
      const value = parseLine(line, file, number);
      if ('key' in value) yield value;
    }
    const next: IteratorResult<string[]> = await batches.next();
    lines = next.done ? undefined : next.value;
  }
}

/** A state that is being read: its header, then its entries once, then its footer. */
export interface OpenState {
  readonly header: StateHeader;
  /**
   * Entries in the order of `compareKeys`.
   * @param ranges only these parts, in order; nothing else is parsed
   * @throws StateError `torn`
   */
  entries(ranges?: readonly KeyRange[]): AsyncGenerator<StateEntry>;
  /** Known when `entries` of everything has ended. */
  readonly footer: StateFooter | undefined;
  close(): Promise<void>;
}

/**
 * Opens a state file. Whoever opens it has checked its signature, or knows that there is none yet.
 * @throws StateError `torn` or `version`; the file system's own errors
 */
export async function openState(file: string): Promise<OpenState> {
  const batches = lineBatches(file);
  const first = await batches.next();
  if (first.done) throw torn(file, 'it is empty', '文件为空');
  const [headerLine, ...more] = first.value;
  const header = parseHeader(headerLine as string, file);
  let footer: StateFooter | undefined;
  let used = false;

  async function* entries(ranges?: readonly KeyRange[]): AsyncGenerator<StateEntry> {
    if (used) throw new Error(`${file} is read once for each opening`);
    used = true;
    if (ranges !== undefined) return yield* entriesWithin(ranges, more, batches, file);
    let number = 1;
    let count = 0;
    let last: string | undefined;
    for (let lines: string[] | undefined = more; lines !== undefined; ) {
      for (const line of lines) {
        number++;
        if (footer !== undefined) throw torn(file, 'something follows its end', '结尾之后还有内容');
        const value = parseLine(line, file, number);
        if ('end' in value) footer = value;
        else {
          if (last !== undefined && compareKeys(last, value.key) >= 0)
            throw torn(file, `line ${number} is out of order`, `第 ${number} 行顺序错误`);
          last = value.key;
          count++;
          yield value;
        }
      }
      const next: IteratorResult<string[]> = await batches.next();
      lines = next.done ? undefined : next.value;
    }
    if (footer === undefined) throw torn(file, 'its end is missing', '缺少结尾');
    if (footer.entries !== count)
      throw torn(
        file,
        `it has ${count} entries, not ${footer.entries}`,
        `条目数为 ${count}，而非 ${footer.entries}`,
      );
  }

  return {
    header,
    entries,
    get footer() {
      return footer;
    },
    close: async () => void (await batches.return(undefined)),
  };
}
