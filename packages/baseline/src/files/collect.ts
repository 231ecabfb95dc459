/** Collecting files: a walk in order, measuring in parallel, entries in order; what is unchanged is not read. */
import { type MeasureRequest, measureFiles } from '@redoubt/kernel/tree';
import type { StateEntry } from '@redoubt/model';
import type { CollectOptions } from '../collector.ts';
import { compareKeys } from '../state/key.ts';
import { entryOf, ownerOf, partsOf } from './entry.ts';
import type { Owners } from './explain/owners.ts';
import type { FileClass, FilePolicy } from './policy.ts';
import { walkPolicy } from './walk.ts';

/** Requests of a batch: enough to be worth a crossing, few enough that progress moves. */
const batchFiles = 256;
const batchBytes = 16 << 20;
/** Batches that are measured at a time, and those that may wait for an earlier one. */
const parallel = 3;
const waiting = 24;

/** One place in the order: an entry, or one that is being measured. */
type Slot =
  | StateEntry
  | {
      readonly request: number;
      readonly key: string;
      readonly kind: FileClass;
      readonly golden: StateEntry | undefined;
    };

interface Batch {
  readonly slots: Slot[];
  readonly requests: MeasureRequest[];
  bytes: number;
}

const newBatch = (): Batch => ({ slots: [], requests: [], bytes: 0 });

/** The golden entries beside a walk: asked for ascending keys. */
class Beside {
  readonly #entries: AsyncIterator<StateEntry> | undefined;
  #head: StateEntry | undefined;
  #done: boolean;

  constructor(previous: (() => AsyncIterable<StateEntry>) | undefined) {
    this.#entries = previous?.()[Symbol.asyncIterator]();
    this.#done = this.#entries === undefined;
  }

  /** Moves to a key. @returns true when the answer is in `found`; a promise when more must be read first */
  seek(key: string): true | Promise<void> {
    for (;;) {
      if (this.#head !== undefined && compareKeys(this.#head.key, key) >= 0) return true;
      if (this.#done) {
        this.#head = undefined;
        return true;
      }
      return this.#advance();
    }
  }

  found(key: string): StateEntry | undefined {
    return this.#head?.key === key ? this.#head : undefined;
  }

  async #advance(): Promise<void> {
    const next = await this.#entries?.next();
    this.#done = next === undefined || next.done === true;
    this.#head = next === undefined || next.done ? undefined : next.value;
  }

  async close(): Promise<void> {
    await this.#entries?.return?.();
  }
}

/** Whether a log has only grown: what was there when the state was signed is still its beginning. */
function grown(golden: StateEntry, entry: StateEntry): boolean {
  const before = golden.facts;
  const now = entry.facts;
  return (
    before['sha256'] !== null &&
    before['sha256'] === now['sha256'] &&
    Number(now['size']) >= Number(before['size'])
  );
}

/** Entries of the files that a policy covers, in the order of keys. */
export async function* collectFiles(policy: FilePolicy, options: CollectOptions): AsyncGenerator<StateEntry> {
  const { root, signal, onProgress, onTrouble, onIgnoredFolder, full } = options;
  const limit = (options.bytesPerSecond ?? 0) / parallel;
  const golden = new Beside(options.previous);
  const queue: Promise<StateEntry[]>[] = [];
  const running = new Set<Promise<unknown>>();
  let batch = newBatch();
  let done = 0;
  let read = 0;
  let owned: Promise<Owners> | undefined;
  /** Asked once something is measured that the golden state does not know. */
  const owners = (): Promise<Owners> => {
    owned ??= import('./explain/owners.ts').then(({ packageOwners }) => packageOwners(root));
    return owned;
  };

  const trouble = (key: string, status: string): void => {
    const words =
      status === 'busy'
        ? { en: 'it changed whenever it was read', zh: '读取期间一直在变化' }
        : { en: `it cannot be read: ${status}`, zh: `无法读取：${status}` };
    onTrouble?.({ key, text: words });
  };

  async function measured({ slots, requests, bytes }: Batch): Promise<StateEntry[]> {
    const results = requests.length === 0 ? [] : await measureFiles(root, requests, limit);
    read += bytes;
    const entries: StateEntry[] = [];
    for (const slot of slots) {
      if (!('request' in slot)) {
        entries.push(slot);
        continue;
      }
      const result = results[slot.request];
      if (result === undefined || result.status === 'gone') continue;
      if (result.status !== 'ok') trouble(slot.key, result.status);
      if (result.stat === '') continue;
      const before = slot.golden;
      const entry = entryOf(
        slot.key,
        slot.kind,
        result,
        before ? ownerOf(before) : (await owners()).get(slot.key),
      );
      if (slot.kind === 'logs' && before !== undefined && grown(before, entry))
        entries.push({ key: slot.key, facts: { ...entry.facts, size: before.facts['size'] ?? null } });
      else entries.push(entry);
    }
    return entries;
  }

  async function dispatch(): Promise<void> {
    const work = batch;
    batch = newBatch();
    while (running.size >= parallel) await Promise.race(running);
    const result = measured(work);
    result.catch(() => {}); // told when its turn comes
    const marker: Promise<unknown> = result.catch(() => {}).finally(() => running.delete(marker));
    running.add(marker);
    queue.push(result);
  }

  async function* ready(atMost: number): AsyncGenerator<StateEntry> {
    while (queue.length > atMost) {
      const entries = await (queue.shift() as Promise<StateEntry[]>);
      done += entries.length;
      onProgress?.(done, undefined, read);
      yield* entries;
    }
  }

  try {
    for await (const fields of walkPolicy(policy, root, options.ranges)) {
      signal?.throwIfAborted();
      for (let at = 0; at + 1 < fields.length; at += 2) {
        const key = fields[at] as string;
        const stat = fields[at + 1] as string;
        if (stat.startsWith('!')) {
          trouble(key, stat.slice(1));
          continue;
        }
        let wait = golden.seek(key);
        while (wait !== true) {
          await wait;
          wait = golden.seek(key);
        }
        const before = golden.found(key);
        if (
          before !== undefined &&
          !full &&
          before.facts['stat'] === stat &&
          before.facts['sha256'] !== null
        ) {
          batch.slots.push(before);
        } else {
          const kind = before === undefined ? policy.classOf(key) : (before.facts['class'] as FileClass);
          const { type, size } = partsOf(stat);
          if (kind === 'ignored') {
            if (type === 'd') onIgnoredFolder?.(key);
            continue;
          }
          const prefix =
            kind === 'logs' && before?.facts['type'] === 'file' ? Number(before.facts['size']) : 0;
          batch.slots.push({ request: batch.requests.length, key, kind, golden: before });
          batch.requests.push({ key, type, prefix });
          if (type === 'f') batch.bytes += size;
        }
        if (batch.requests.length >= batchFiles || batch.bytes >= batchBytes || batch.slots.length >= 4096) {
          await dispatch();
          yield* ready(waiting);
        }
      }
    }
    await dispatch();
    yield* ready(0);
  } finally {
    await golden.close();
    await Promise.all(running);
  }
}
