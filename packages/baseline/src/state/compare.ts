/** Comparing two ordered collections as a merge: memory for one entry of each. */
import type { StateChange, StateEntry } from '@redoubt/model';
import { compareKeys } from './key.ts';

/** Names of the facts that differ; a fact that only one side looked for differs. */
export function differingFacts(
  before: StateEntry['facts'],
  after: StateEntry['facts'],
  ignored: ReadonlySet<string>,
): string[] {
  const fields: string[] = [];
  for (const name in before) if (before[name] !== after[name] && !ignored.has(name)) fields.push(name);
  for (const name in after) if (!(name in before) && !ignored.has(name)) fields.push(name);
  return fields;
}

/**
 * What differs, in the order of `compareKeys`.
 * @param ignored facts that are no drift
 * @param onEqual told of each pair that is the same
 */
export async function* compareStates(
  before: AsyncIterable<StateEntry>,
  after: AsyncIterable<StateEntry>,
  ignored: readonly string[] = [],
): AsyncGenerator<StateChange> {
  const volatile = new Set(ignored);
  const olds = before[Symbol.asyncIterator]();
  const news = after[Symbol.asyncIterator]();
  try {
    let old = await olds.next();
    let now = await news.next();
    while (!old.done || !now.done) {
      const order = old.done ? 1 : now.done ? -1 : compareKeys(old.value.key, now.value.key);
      if (order < 0) {
        yield { kind: 'removed', key: old.value.key, before: old.value };
        old = await olds.next();
      } else if (order > 0) {
        yield { kind: 'added', key: now.value.key, after: now.value };
        now = await news.next();
      } else {
        const fields = differingFacts(old.value.facts, now.value.facts, volatile);
        if (fields.length > 0)
          yield { kind: 'changed', key: old.value.key, before: old.value, after: now.value, fields };
        old = await olds.next();
        now = await news.next();
      }
    }
  } finally {
    await olds.return?.();
    await news.return?.();
  }
}

/** An ordered state with ordered changes applied. */
export async function* applyChanges(
  entries: AsyncIterable<StateEntry>,
  changes: AsyncIterable<StateChange>,
): AsyncGenerator<StateEntry> {
  const todo = changes[Symbol.asyncIterator]();
  try {
    let change = await todo.next();
    const ahead = (key: string): number => (change.done ? 1 : compareKeys(change.value.key, key));
    for await (const entry of entries) {
      while (!change.done && ahead(entry.key) < 0) {
        if (change.value.kind === 'added') yield change.value.after;
        change = await todo.next();
      }
      if (!change.done && ahead(entry.key) === 0) {
        if (change.value.kind !== 'removed') yield change.value.after;
        change = await todo.next();
      } else yield entry;
    }
    while (!change.done) {
      if (change.value.kind === 'added') yield change.value.after;
      change = await todo.next();
    }
  } finally {
    await todo.return?.();
  }
}
