/** Bringing entries into order with bounded memory: sorted runs on disk, merged. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { StateEntry } from '@redoubt/model';
import { entryLine, parseLine } from './format.ts';
import { compareKeys } from './key.ts';
import { lineBatches } from './read.ts';
import { LineWriter } from './write.ts';

const byKey = (a: StateEntry, b: StateEntry): number => compareKeys(a.key, b.key);

async function* readRun(file: string): AsyncGenerator<StateEntry> {
  let number = 0;
  for await (const lines of lineBatches(file))
    for (const line of lines) yield parseLine(line, file, ++number) as StateEntry;
}

/** Several ordered streams as one. */
async function* mergeRuns(runs: readonly AsyncGenerator<StateEntry>[]): AsyncGenerator<StateEntry> {
  const heads: { entry: StateEntry; run: AsyncGenerator<StateEntry> }[] = [];
  try {
    for (const run of runs) {
      const first = await run.next();
      if (!first.done) heads.push({ entry: first.value, run });
    }
    // Runs are few (a million entries make twenty), so the least head is found by looking at each.
    while (heads.length > 0) {
      let least = 0;
      for (let at = 1; at < heads.length; at++)
        if (byKey((heads[at] as (typeof heads)[0]).entry, (heads[least] as (typeof heads)[0]).entry) < 0)
          least = at;
      const head = heads[least] as (typeof heads)[0];
      yield head.entry;
      const next = await head.run.next();
      if (next.done) heads.splice(least, 1);
      else head.entry = next.value;
    }
  } finally {
    for (const run of runs) await run.return(undefined);
  }
}

/**
 * Keys that came twice get `//#000002` appended, which follows the key directly in the order of keys: a hostile file
 * with two lines of the same name must neither end the collection nor hide behind the first.
 */
async function* distinct(entries: AsyncIterable<StateEntry>): AsyncGenerator<StateEntry> {
  let last: string | undefined;
  let times = 1;
  for await (const entry of entries) {
    times = entry.key === last ? times + 1 : 1;
    last = entry.key;
    yield times === 1 ? entry : { ...entry, key: `${entry.key}//#${String(times).padStart(6, '0')}` };
  }
}

/**
 * Entries in the order of `compareKeys`.
 * @param temporary folder below which runs are kept until the iteration ends
 * @param runLength entries that are held in memory at a time
 */
export async function* sorted(
  entries: AsyncIterable<StateEntry>,
  temporary: string,
  runLength = 50_000,
): AsyncGenerator<StateEntry> {
  let folder: string | undefined;
  const files: string[] = [];
  try {
    let run: StateEntry[] = [];
    for await (const entry of entries) {
      run.push(entry);
      if (run.length < runLength) continue;
      folder ??= await mkdtemp(join(temporary, '.sort-'));
      const file = join(folder, String(files.length));
      files.push(file);
      const writer = new LineWriter(file, { level: 1, durable: false });
      try {
        for (const one of run.sort(byKey)) await writer.line(entryLine(one));
        await writer.finish();
      } catch (error) {
        await writer.abandon();
        throw error;
      }
      run = [];
    }
    run.sort(byKey);
    const rest = (async function* () {
      yield* run;
    })();
    yield* distinct(mergeRuns([...files.map(readRun), rest]));
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}
