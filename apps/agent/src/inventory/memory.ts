/** What the agent remembers of the start-up items between two looks: their facts, and since when it knows them. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import type { StateChange, StateEntry } from '@redoubt/model';

/** Largest memory that is read, bytes. */
const largest = 64 * 1024 * 1024;

export interface InventoryMemory {
  /** Milliseconds since the Unix epoch, by key. */
  readonly first_seen: Readonly<Record<string, number>>;
  readonly entries: readonly StateEntry[];
}

function isMemory(value: unknown): value is InventoryMemory {
  const { first_seen: seen, entries } = (value ?? {}) as Partial<InventoryMemory>;
  return (
    typeof seen === 'object' &&
    seen !== null &&
    Array.isArray(entries) &&
    entries.every(one => typeof one?.key === 'string' && typeof one.facts === 'object' && one.facts !== null)
  );
}

/** The memory in a file; undefined when there is none. @throws when it is there and cannot be used */
export function readMemory(path: string): InventoryMemory | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile() || stats.size > largest) throw new Error(`${path} is no memory of start-up items`);
    const value: unknown = JSON.parse(readFileSync(descriptor, 'utf8'));
    if (!isMemory(value)) throw new Error(`${path} is no memory of start-up items`);
    return value;
  } finally {
    closeSync(descriptor);
  }
}

/** How the entries differ from those that are remembered. */
export function changesSince(before: readonly StateEntry[], after: readonly StateEntry[]): StateChange[] {
  const old = new Map(before.map(entry => [entry.key, entry]));
  const changes: StateChange[] = [];
  for (const entry of after) {
    const known = old.get(entry.key);
    old.delete(entry.key);
    if (known === undefined) changes.push({ kind: 'added', key: entry.key, after: entry });
    else {
      const names = new Set([...Object.keys(known.facts), ...Object.keys(entry.facts)]);
      const fields = [...names].filter(name => known.facts[name] !== entry.facts[name]);
      if (fields.length > 0)
        changes.push({ kind: 'changed', key: entry.key, before: known, after: entry, fields });
    }
  }
  for (const entry of old.values()) changes.push({ kind: 'removed', key: entry.key, before: entry });
  return changes;
}

/** What to remember after a look. */
export function remembered(
  before: InventoryMemory | undefined,
  entries: readonly StateEntry[],
  now: number,
): InventoryMemory {
  const seen = before?.first_seen ?? {};
  return {
    first_seen: Object.fromEntries(
      entries.map(({ key }) => [key, (Object.hasOwn(seen, key) ? seen[key] : undefined) ?? now]),
    ),
    entries,
  };
}
