/**
 * The form of a state file: zstd over lines of JSON, the header a frame of its own. The first line is the header, then one line `[key, facts]` for
 * each entry in the order of `compareKeys`, then the footer. It is written and read as a stream and compared as a
 * merge, so memory does not depend on the number of entries; sorted text compresses to about a tenth. A database
 * was not chosen: it would be several times larger, slower to fill, and its bytes differ from run to run, while
 * what is signed here is one digest over the file as it lies.
 */
import type { StateEntry } from '@redoubt/model';
import { StateError } from './error.ts';

export const formatName = 'redoubt-state';
export const formatVersion = 1;

/** Longest line that is read; a longer one is no state. */
export const longestLine = 4 << 20;

/** A decision that stands in the signed state. */
export interface HistoryEntry {
  readonly time: number;
  readonly action: 'created' | 'accepted';
  readonly who: string;
  readonly why: string;
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  /** The first hundred keys that the decision was about. */
  readonly keys: readonly string[];
}

/** Where a state's walk goes. */
export interface Trees {
  /** Trees to walk, sorted, none inside another. */
  readonly paths: readonly string[];
  /** Trees inside them that are not entered. */
  readonly pruned: readonly string[];
}

/** A part of the index, see index-file.ts: how many entries and bytes, SHA-256 of these, and the key that it ends with. */
export type Stretch = readonly [entries: number, bytes: number, sha256: string, last: string];

/** What the entries do not tell, and a check looks at in any case. */
export interface Gaps {
  /** Keys of what could not be looked at. */
  readonly unseen: readonly string[];
  /** Folders with names that have no entry: ignored ones that were entered, accepted ones. */
  readonly folders: readonly string[];
}

/** What a state says of itself. */
export interface StateHeader {
  readonly format: typeof formatName;
  readonly version: typeof formatVersion;
  readonly collector: string;
  readonly collectorVersion: number;
  readonly host: { readonly name: string; readonly id: string };
  readonly root: string;
  /** When the collection began, milliseconds since the Unix epoch. */
  readonly created: number;
  /** SHA-256 of the collector's policy, null when it has none. */
  readonly policy: string | null;
  /** Counts the states of this collector on this host. */
  readonly generation: number;
  /** SHA-256 of the state before, null for the first. */
  readonly previous: string | null;
  readonly history: readonly HistoryEntry[];
  /** Version of Redoubt that made it. */
  readonly redoubt: string;
  /** What the policy says of where to walk. */
  readonly trees?: Trees;
  readonly gaps?: Gaps;
  /** Of the index. A state without them is compared as a whole. */
  readonly stretches?: readonly Stretch[];
}

/** The last line: a file that was cut off has none. */
export interface StateFooter {
  readonly end: true;
  readonly entries: number;
  /** What could not be looked at while it was collected. */
  readonly troubles: number;
}

/** The line of an entry, without the line feed. */
export function entryLine(entry: StateEntry): string {
  return JSON.stringify([entry.key, entry.facts]);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFact(value: unknown): boolean {
  return (
    value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  );
}

/** A file that is not what a writer makes. @param place what is wrong and where, in English and Chinese */
export function torn(file: string, en: string, zh: string, cause?: unknown): StateError {
  return new StateError(
    'torn',
    { en: `${file} is not a whole state file: ${en}`, zh: `${file} 不是完整的状态文件：${zh}` },
    cause === undefined ? undefined : { cause },
  );
}

/** Reads a line after the header. @throws StateError `torn` */
export function parseLine(line: string, file: string, number: number): StateEntry | StateFooter {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw torn(file, `line ${number} is no JSON`, `第 ${number} 行不是 JSON`, error);
  }
  if (Array.isArray(value)) {
    const [key, facts] = value as unknown[];
    if (value.length === 2 && typeof key === 'string' && isObject(facts)) {
      for (const name in facts)
        if (!isFact(facts[name]))
          throw torn(file, `line ${number} has a fact that is no plain value`, `第 ${number} 行有非法的值`);
      return { key, facts: facts as StateEntry['facts'] };
    }
  } else if (isObject(value) && value['end'] === true && Number.isSafeInteger(value['entries'])) {
    return { end: true, entries: value['entries'] as number, troubles: Number(value['troubles'] ?? 0) };
  }
  throw torn(file, `line ${number} is no entry`, `第 ${number} 行不是条目`);
}

/** Reads the header. @throws StateError `torn`, or `version` for a later format */
export function parseHeader(line: string, file: string): StateHeader {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw torn(file, 'it has no header', '没有文件头', error);
  }
  if (!isObject(value) || value['format'] !== formatName) throw torn(file, 'it has no header', '没有文件头');
  if (value['version'] !== formatVersion) {
    const found = String(value['version']);
    throw new StateError('version', {
      en: `${file} has format version ${found}; this Redoubt reads version ${formatVersion}`,
      zh: `${file} 的格式版本为 ${found}；当前 Redoubt 只能读取版本 ${formatVersion}`,
    });
  }
  const host = value['host'];
  const good =
    typeof value['collector'] === 'string' &&
    Number.isSafeInteger(value['collectorVersion']) &&
    isObject(host) &&
    typeof host['name'] === 'string' &&
    typeof host['id'] === 'string' &&
    typeof value['root'] === 'string' &&
    typeof value['created'] === 'number' &&
    (value['policy'] === null || typeof value['policy'] === 'string') &&
    Number.isSafeInteger(value['generation']) &&
    (value['previous'] === null || typeof value['previous'] === 'string') &&
    Array.isArray(value['history']);
  if (!good) throw torn(file, 'its header lacks a field', '文件头缺少字段');
  return value as unknown as StateHeader;
}
