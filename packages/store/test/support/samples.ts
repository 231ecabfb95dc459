/** Things to record. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildEvent, type Event, type EventKind, type Finding, type StoredProcess } from '@redoubt/model';
import { batchOfEvents, type EventBatch, type Reader, type StoredEvent } from '../../src/index.ts';

/** Boot id of the samples. */
export const bootId = '11111111-2222-3333-4444-555555555555';

const folders: string[] = [];
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is removed when the test file is done, however its tests end. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'recorder-'));
  // Removed at the end, after everything that the tests opened in it is closed.
  folders.push(folder);
  return folder;
}

/** An event that tells its number. */
export function sampleEvent(
  number: number,
  kind: EventKind = 'file.create',
  time = 1_700_000_000_000,
): Event {
  return buildEvent(kind, time, { file: { path: `/srv/data/${number}`, inode: String(number) } });
}

/** A batch of `count` events, numbered from `first`. */
export function sampleBatch(first: number, count: number, kind?: EventKind, time?: number): EventBatch {
  return batchOfEvents(Array.from({ length: count }, (_, index) => sampleEvent(first + index, kind, time)));
}

/** A batch in the format `noise`: random bytes, which no compression makes smaller. */
export function noiseBatch(bytes: Uint8Array, count: number, time = Date.now()): EventBatch {
  return { format: 'noise', bytes, count, firstTime: time, lastTime: time, kinds: ['file.write'] };
}

/** The number of a sample event. */
export function numberOf(event: StoredEvent): number {
  return Number(event.get('file.inode'));
}

/** Everything of an async iterable. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** Codes of the losses noted, oldest first. */
export async function lossCodes(reader: Reader): Promise<string[]> {
  return (await reader.losses()).map(loss => loss.code).reverse();
}

/** A process row. */
export function sampleProcess(pid: number, more: Partial<StoredProcess> = {}): StoredProcess {
  const start_time = 1_700_000_000_000 + pid;
  return { uid: `${pid}:${pid * 10}`, boot_id: bootId, pid, start_time, image: 0, name: `p${pid}`, ...more };
}

/** A finding. */
export function sampleFinding(
  uid: string,
  more: { key?: string; count?: number; time?: number; process?: string } = {},
): Finding {
  const time = more.time ?? 1_700_000_000_000;
  const text = { en: 'Sample', zh: '样例' };
  return {
    class_uid: 2004,
    category_uid: 2,
    activity_id: 1,
    type_uid: 200401,
    time,
    severity_id: 4,
    status_id: 1,
    message: 'sample',
    count: more.count ?? 1,
    metadata: { version: '1.6.0', product: { name: 'Redoubt', vendor_name: 'Redoubt' }, uid },
    finding_info: {
      uid,
      title: 'Sample',
      analytic: { uid: 'rule-1', name: 'Sample', type_id: 1 },
      attacks: [],
      created_time: time,
      first_seen_time: time,
      last_seen_time: time,
    },
    evidences: [{ process: { uid: more.process ?? '5:50' } }],
    redoubt: {
      title: text,
      description: text,
      reasons: [{ field: 'file.path', value: '/srv', text }],
      dedup_key: more.key ?? uid,
    },
  };
}
