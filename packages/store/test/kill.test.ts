/** kill -9 at random moments: the database stays whole, and what was known to be written is there. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { openReader, openRecorder } from '../src/index.ts';
import { all, lossCodes, numberOf, temporaryFolder } from './support/samples.ts';

const rounds = 50;
const program = join(import.meta.dirname, 'support', 'writer-process.ts');

interface Progress {
  appended: number;
  written: number;
  finding: number;
}

/** Runs a writer and kills it; the last progress that it printed. */
async function killedWriter(
  directory: string,
  first: number,
  lines: number,
  delay: number,
): Promise<Progress> {
  const writer = spawn(process.execPath, [program, directory, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  try {
    await new Promise<void>((resolve, reject) => {
      writer.once('exit', code => reject(new Error(`the writer ended by itself with ${code}`)));
      writer.stdout.on('data', data => {
        printed += data;
        if (printed.split('\n').length > lines) setTimeout(resolve, delay);
      });
    });
  } finally {
    const ended = new Promise(resolve => writer.once('close', resolve));
    writer.kill('SIGKILL');
    await ended;
  }
  const [appended = 0, written = 0, finding = 0] = (printed.split('\n').at(-2) ?? '').split(' ').map(Number);
  return { appended, written, finding };
}

test(`${rounds} times kill -9`, async context => {
  const directory = temporaryFolder();
  let behind = 0;
  let first = 1;
  let mostLost = 0;
  for (let round = 0; round < rounds; round += 1) {
    const lines = 1 + Math.floor(Math.random() * 60);
    const progress = await killedWriter(directory, first, lines, Math.random() * 5);

    const database = new DatabaseSync(join(directory, 'events.db'));
    assert.deepEqual({ ...database.prepare('pragma integrity_check').get() }, { integrity_check: 'ok' });
    database.close();

    const reader = openReader(directory);
    const events = await all(reader.events({ afterSequence: behind }));
    const numbers = events.map(numberOf);
    const last = numbers.at(-1) ?? first - 1;
    const hole = numbers.findIndex((number, index) => number !== first + index);
    assert.equal(hole, -1, `event ${first + hole} is missing, found ${numbers.slice(0, 5)}`);
    assert.ok(last >= progress.written, `event ${progress.written} was written, ${last} is the last`);
    if (progress.finding > 0) assert.ok(reader.finding(`finding-${progress.finding}`) !== undefined);
    if (progress.finding > 0) assert.ok(reader.process(`${first}:${first * 10}`) !== undefined);
    mostLost = Math.max(mostLost, progress.appended - last);
    behind = events.at(-1)?.sequence ?? behind;
    first = last + 1;
    reader.close();
  }
  context.diagnostic(`most events lost by one kill: ${mostLost}`);

  const recorder = await openRecorder({ directory });
  context.after(() => recorder.close());
  assert.ok(recorder.stats().nextSequence > behind + 2 ** 24, 'numbering goes on after a gap');
  const reader = openReader(directory);
  context.after(() => reader.close());
  assert.deepEqual(
    await lossCodes(reader),
    Array.from({ length: rounds }, () => 'unclean-stop'),
  );
  assert.equal(existsSync(join(directory, 'reserve')), true);
});
