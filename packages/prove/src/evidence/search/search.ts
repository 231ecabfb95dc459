/** Looking for indicators on this host: its record, running processes, connections, what starts by itself, files. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { inventoryCollector } from '@redoubt/baseline/inventory';
import { copy, memberName, openQuietly } from '../members.ts';
import { bytesOf, linkOf, runningPids, textOf } from '../steps/read.ts';
import { openRecordIn } from '../steps/record.ts';
import { filesBelow } from '../steps/walk.ts';
import type { Indicators } from './indicators.ts';

/** Something that was found. */
export interface SearchHit {
  readonly indicator: string;
  readonly where: 'process' | 'connection' | 'persistence' | 'file' | 'record';
  /** What it is: a pid and program, a remote address, an item, a path, an event. */
  readonly subject: string;
  /** Milliseconds since the Unix epoch, of what was recorded. */
  readonly time?: number;
}

/** Where is looked. */
export interface SearchOptions {
  /** Folder of the flight recorder. */
  readonly record?: string;
  /** Recorded events from then on, milliseconds since the Unix epoch. */
  readonly from: number;
  /** Folders whose files are hashed. */
  readonly folders: readonly string[];
  readonly onTrouble: (place: string, why: string) => void;
  readonly onProgress?: (place: string, count: number) => void;
}

/** Larger files are not hashed, and told to `onTrouble`. */
const fileLimit = 256 << 20;
/** Hits of one indicator in the record; those beyond are not told. */
const hitsEach = 100;

/** Every hit, as it is found. */
export async function* searchHost(wanted: Indicators, options: SearchOptions): AsyncGenerator<SearchHit> {
  const hashes = new Set(wanted.hashes);
  const digests = new Map<string, string | undefined>();
  yield* inProcesses(wanted, hashes, digests, options);
  yield* inConnections(wanted);
  yield* await inPersistence(wanted, options);
  for (const path of wanted.paths)
    if (existsSync(path)) yield { indicator: path, where: 'file', subject: path };
  if (hashes.size > 0) yield* inFiles(hashes, options);
  if (options.record !== undefined) yield* inRecord(wanted, options.record, options);
}

/** SHA-256 of a file; undefined when it is too large or cannot be read. */
async function hashFile(path: string | Buffer, options: SearchOptions, isProcLink = false) {
  const shown = typeof path === 'string' ? path : `/${memberName(path)}`;
  try {
    const handle = await openQuietly(path, isProcLink);
    try {
      const found = await handle.stat();
      if (!found.isFile()) return undefined;
      if (found.size > fileLimit) {
        options.onTrouble(shown, `has ${found.size} bytes and was not hashed`);
        return undefined;
      }
      const hash = createHash('sha256');
      await copy(handle, found.size, async bytes => void hash.update(bytes));
      return hash.digest('hex');
    } finally {
      await handle.close();
    }
  } catch (error) {
    options.onTrouble(shown, error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

async function* inProcesses(
  { paths }: Indicators,
  hashes: ReadonlySet<string>,
  digests: Map<string, string | undefined>,
  options: SearchOptions,
): AsyncGenerator<SearchHit> {
  for (const pid of runningPids()) {
    const program = linkOf(`/proc/${pid}/exe`);
    if (program === undefined) continue;
    options.onProgress?.('/proc', pid);
    const command = bytesOf(`/proc/${pid}/cmdline`)?.toString('utf8').split('\0') ?? [];
    const subject = `${pid} ${program}`;
    for (const path of paths)
      if (program === path || program === `${path} (deleted)` || command.includes(path))
        yield { indicator: path, where: 'process', subject };
    if (hashes.size === 0) continue;
    if (!digests.has(program)) digests.set(program, await hashFile(`/proc/${pid}/exe`, options, true));
    const digest = digests.get(program);
    if (digest !== undefined && hashes.has(digest)) yield { indicator: digest, where: 'process', subject };
  }
}

/** An address of /proc/net/tcp: words of 32 bits, each in the machine's order (little-endian on ours). */
export function addressOf(hexadecimal: string): string {
  const bytes = Buffer.from(hexadecimal, 'hex');
  for (let at = 0; at + 4 <= bytes.length; at += 4) bytes.subarray(at, at + 4).reverse();
  if (bytes.length === 4) return Array.from(bytes).join('.');
  const isMapped = bytes.subarray(0, 10).every(byte => byte === 0) && bytes.readUInt16BE(10) === 0xffff;
  if (isMapped) return Array.from(bytes.subarray(12)).join('.');
  const words = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return canonical(words.join(':'));
}

/** One spelling of an address. */
function canonical(address: string): string {
  if (!address.includes(':')) return address;
  try {
    return new URL(`http://[${address}]`).hostname.slice(1, -1);
  } catch {
    return address;
  }
}

function* inConnections({ addresses }: Indicators): Generator<SearchHit> {
  const wanted = new Map(addresses.map(address => [canonical(address), address]));
  for (const table of ['tcp', 'tcp6', 'udp', 'udp6']) {
    const lines = (textOf(`/proc/net/${table}`) ?? '').split('\n').slice(1);
    for (const line of lines) {
      const [, , , remote = ''] = line.split(/\s+/);
      const [address = '', port = '0'] = remote.split(':');
      if (!/^[0-9A-F]{8}(?:[0-9A-F]{24})?$/.test(address)) continue;
      const indicator = wanted.get(addressOf(address));
      if (indicator !== undefined)
        yield {
          indicator,
          where: 'connection',
          subject: `${table} ${indicator} ${Number.parseInt(port, 16)}`,
        };
    }
  }
}

async function inPersistence(
  { persistence, paths }: Indicators,
  options: SearchOptions,
): Promise<SearchHit[]> {
  const wanted = [...persistence, ...paths];
  if (wanted.length === 0) return [];
  const hits: SearchHit[] = [];
  const collector = inventoryCollector('persistence');
  const onTrouble = ({ key, text }: { key: string; text: { en: string } }) => options.onTrouble(key, text.en);
  for await (const { key, facts } of collector.collect({ root: '/', onTrouble })) {
    const text = [key, ...Object.values(facts).filter(one => typeof one === 'string')].join('\n');
    for (const indicator of wanted)
      if (text.includes(indicator)) hits.push({ indicator, where: 'persistence', subject: key });
  }
  return hits;
}

async function* inFiles(hashes: ReadonlySet<string>, options: SearchOptions): AsyncGenerator<SearchHit> {
  let count = 0;
  for (const folder of options.folders) {
    for await (const { path } of filesBelow(Buffer.from(folder), () => undefined)) {
      options.onProgress?.(folder, ++count);
      const digest = await hashFile(path, options);
      if (digest !== undefined && hashes.has(digest))
        yield { indicator: digest, where: 'file', subject: `/${memberName(path)}` };
    }
  }
}

async function* inRecord(
  { hashes, addresses, domains, paths }: Indicators,
  record: string,
  { from, onTrouble, onProgress }: SearchOptions,
): AsyncGenerator<SearchHit> {
  const wanted = [...hashes, ...addresses, ...domains, ...paths];
  if (wanted.length === 0) return;
  // Each is looked for as a whole JSON string, so that 10.0.0.1 is not found in 10.0.0.10.
  const named = new Set(wanted);
  const counts = new Map<string, number>();
  const reader = openRecordIn(record);
  try {
    const onDamage = ({
      firstSequence,
      count,
      reason,
    }: {
      firstSequence: number;
      count: number;
      reason: string;
    }) => onTrouble('record', `${count} events from number ${firstSequence} on cannot be read: ${reason}`);
    let looked = 0;
    for await (const view of reader.events({ from, onDamage })) {
      onProgress?.('record', ++looked);
      const event = view.toEvent();
      const found = new Set<string>();
      collectStrings(event, named, found);
      for (const indicator of found) {
        const count = (counts.get(indicator) ?? 0) + 1;
        counts.set(indicator, count);
        if (count <= hitsEach)
          yield { indicator, where: 'record', subject: `#${view.sequence}`, time: Number(event.time) };
      }
    }
    for (const [indicator, count] of counts)
      if (count > hitsEach) onTrouble('record', `${count - hitsEach} more events name ${indicator}`);
  } finally {
    reader.close();
  }
}

/** Which of the wanted texts stand somewhere in a value. */
function collectStrings(value: unknown, wanted: ReadonlySet<string>, found: Set<string>): void {
  if (typeof value === 'string') {
    if (wanted.has(value)) found.add(value);
  } else if (typeof value === 'object' && value !== null)
    for (const one of Object.values(value)) collectStrings(one, wanted, found);
}
