/** Since when the agent knows what the inventory lists, from the memory that it keeps in its state folder. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StateEntry } from '@redoubt/model';
import type { Invocation } from '../command.ts';
import type { ListedEntry } from '../output/inventory-text.ts';
import { stateDirectory } from '../recorder/open.ts';

const largest = 64 * 1024 * 1024;

function read(path: string): Readonly<Record<string, unknown>> {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return {};
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile() || stats.size > largest) return {};
    const value: unknown = JSON.parse(readFileSync(descriptor, 'utf8'));
    const seen = (value as { first_seen?: unknown } | null)?.first_seen;
    return typeof seen === 'object' && seen !== null ? (seen as Record<string, unknown>) : {};
  } catch {
    // Without a memory that can be read nothing is known.
    return {};
  } finally {
    closeSync(descriptor);
  }
}

/** The entries with when the agent first saw them; only of start-up items of the running system. */
export function withFirstSeen(
  entries: readonly StateEntry[],
  collector: string,
  root: string,
  invocation: Invocation,
): ListedEntry[] {
  if (collector !== 'persistence' || root !== '/') return [...entries];
  const seen = read(join(stateDirectory(invocation), 'inventory.json'));
  return entries.map(entry => {
    const time = Object.hasOwn(seen, entry.key) ? seen[entry.key] : undefined;
    return typeof time === 'number' ? { ...entry, first_seen: time } : entry;
  });
}
