/** Damaged databases are moved aside, and what can be read of them is saved. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { openReader, openRecorder, type RecorderWarning } from '../src/index.ts';
import {
  all,
  bootId,
  lossCodes,
  noiseBatch,
  sampleBatch,
  sampleFinding,
  sampleProcess,
  temporaryFolder,
} from './support/samples.ts';

const pageBytes = 8192;
const findings = 300;
const batches = 200;

/** A recorder that was stopped in order; the path of its database. */
async function filled(directory: string): Promise<string> {
  const recorder = await openRecorder({ directory, bootId });
  for (let index = 0; index < batches; index += 1) {
    recorder.append(sampleBatch(index * 10, 10));
    recorder.saveProcesses([sampleProcess(index + 1)]);
    if (index % 5 === 0) await recorder.flush();
  }
  for (let index = 0; index < findings; index += 1) recorder.saveFinding(sampleFinding(`f${index}`));
  await recorder.close();
  return join(directory, 'events.db');
}

function overwrite(path: string, offset: number, length: number): void {
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(length, 0xa5), 0, length, offset);
  closeSync(file);
}

/** The first page of a table, from SQLite's own list. */
function rootPage(path: string, table: string): number {
  const database = new DatabaseSync(path, { readOnly: true });
  const page = Number(
    database.prepare('select rootpage from sqlite_schema where name = ?').get(table)?.['rootpage'],
  );
  database.close();
  return page;
}

/** Opens again and tells what is left. */
async function reopened(directory: string) {
  const warnings: RecorderWarning[] = [];
  const recorder = await openRecorder({ directory, bootId, onWarning: warning => warnings.push(warning) });
  const next = recorder.append(sampleBatch(1, 1));
  await recorder.flush();
  const reader = openReader(directory);
  const events = await all(reader.events());
  const left = {
    warnings,
    next,
    events: events.length - 1,
    highest: events.at(-2)?.sequence ?? 0,
    findings: (await reader.findings({ limit: 1000 })).length,
    processes: (await reader.processes()).length,
    losses: await lossCodes(reader),
    aside: readdirSync(directory).filter(name => name.includes('.corrupt-')),
  };
  reader.close();
  await recorder.close();
  return left;
}

function assertTold(left: Awaited<ReturnType<typeof reopened>>): void {
  const warning = left.warnings.find(one => one.code === 'corrupt');
  assert.ok(warning !== undefined, 'the caller is told');
  assert.ok(left.losses.includes('corrupt'), 'and it is noted');
  const [name = ''] = left.aside;
  assert.ok(
    name !== '' && warning.text.en.includes(name) && warning.text.zh.includes(name),
    'with the file’s name',
  );
  assert.ok(left.next > left.highest, 'no sequence number is given twice');
}

test('an intact database is opened without a word', async () => {
  const directory = temporaryFolder();
  await filled(directory);
  const left = await reopened(directory);
  assert.deepEqual(left.warnings, []);
  assert.deepEqual([left.events, left.findings, left.processes], [batches * 10, findings, batches]);
});

for (const [name, length] of [
  ['the magic bytes', 16],
  ['the header', 100],
  ['the whole first page', pageBytes],
] as const) {
  test(`torn: ${name}; everything is saved`, async () => {
    const directory = temporaryFolder();
    overwrite(await filled(directory), 0, length);
    const left = await reopened(directory);
    assertTold(left);
    assert.deepEqual([left.events, left.findings, left.processes], [batches * 10, findings, batches]);
  });
}

test('flipped pages of events: findings and processes are all saved, whatever became of the events', async () => {
  const directory = temporaryFolder();
  const path = await filled(directory);
  overwrite(path, (rootPage(path, 'event_chunk') - 1) * pageBytes, pageBytes);
  const left = await reopened(directory);
  assertTold(left);
  assert.deepEqual([left.findings, left.processes], [findings, batches]);
});

test('a flipped page of findings: the others are saved', async () => {
  const directory = temporaryFolder();
  const path = await filled(directory);
  const database = new DatabaseSync(path, { readOnly: true });
  const leaf = database
    .prepare(
      "select pageno from dbstat where name = 'finding' and pagetype = 'leaf' order by path limit 1 offset 5",
    )
    .get()?.['pageno'];
  database.close();
  overwrite(path, (Number(leaf) - 1) * pageBytes, pageBytes);
  const left = await reopened(directory);
  assertTold(left);
  assert.ok(left.findings > findings * 0.9 && left.findings < findings, `${left.findings} findings`);
  assert.deepEqual([left.events, left.processes], [batches * 10, batches]);
});

test('truncated to two thirds: opened again, told, whole', async () => {
  const directory = temporaryFolder();
  const path = await filled(directory);
  truncateSync(path, Math.floor((statSync(path).size * 2) / 3 / pageBytes) * pageBytes);
  const left = await reopened(directory);
  assertTold(left);
});

test('emptied or removed: told', async () => {
  const directory = temporaryFolder();
  const path = await filled(directory);
  truncateSync(path, 0);
  assert.deepEqual(
    (await reopened(directory)).warnings.map(warning => warning.code),
    ['corrupt'],
  );
  rmSync(path);
  assert.deepEqual(
    (await reopened(directory)).warnings.map(warning => warning.code),
    ['corrupt'],
  );
});

test('another program’s database is refused and left alone', async () => {
  const directory = temporaryFolder();
  const path = join(directory, 'events.db');
  const database = new DatabaseSync(path);
  database.exec('create table theirs (a)');
  database.close();
  await assert.rejects(openRecorder({ directory }), { code: 'invalid', message: /another program/ });
  assert.equal(existsSync(path), true);
});

test('a chunk whose bytes were changed is left out and told, the others are read', async context => {
  const directory = temporaryFolder();
  const path = await filled(directory);
  const database = new DatabaseSync(path);
  database.exec(`update event_bytes set bytes = zeroblob(length(bytes))
    where first_sequence = (select min(first_sequence) from event_bytes)`);
  database.close();
  const reader = openReader(directory);
  context.after(() => reader.close());
  const damage: number[] = [];
  const events = await all(reader.events({ onDamage: ({ count }) => damage.push(count) }));
  assert.equal(damage.length, 1);
  assert.equal(events.length + (damage[0] ?? 0), batches * 10);
});

test('damage while the recorder runs: it begins again and goes on', async context => {
  const directory = temporaryFolder();
  const path = await filled(directory);
  const warnings: RecorderWarning[] = [];
  const recorder = await openRecorder({ directory, bootId, onWarning: warning => warnings.push(warning) });
  context.after(() => recorder.close());
  // More than SQLite keeps in memory, so that it has to read the damaged page.
  for (let index = 0; index < 8; index += 1) recorder.append(noiseBatch(randomBytes(1 << 20), 1));
  await recorder.flush();
  overwrite(path, (rootPage(path, 'finding') - 1) * pageBytes, pageBytes);
  recorder.append(sampleBatch(0, 10));
  recorder.saveFinding(sampleFinding('late'));
  await recorder.flush();
  assert.deepEqual(
    warnings.map(warning => warning.code),
    ['corrupt'],
  );
  const reader = openReader(directory);
  context.after(() => reader.close());
  assert.ok(reader.finding('late') !== undefined);
  const kept = await all(reader.events({ kinds: ['file.create'] }));
  assert.equal(kept.length, batches * 10 + 10);
});
