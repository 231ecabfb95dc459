/** The journal: what was written comes back, and every way of tampering is noticed and named. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { JournalEntry } from '@redoubt/model';
import fc from 'fast-check';
import { Journal, makeCheckpoint, parseCheckpoint, verifyJournal } from '../../src/journal/index.ts';

function entry(subject: string): JournalEntry {
  return {
    time: 1,
    actor: 'test',
    action: 'test.step',
    subject,
    outcome: 'done',
    text: { en: 'a\tb', zh: '某' },
  };
}

function temporary(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-journal-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A journal of two runs with three entries each, as lines. */
async function written(folder: string): Promise<{ path: string; lines: string[] }> {
  for (const run of ['one', 'two']) {
    const journal = await Journal.open(folder);
    await Promise.all(['a', 'b', 'c'].map(name => journal.append(entry(`${run}-${name}`))));
    await journal.close();
  }
  const path = join(folder, readdirSync(folder).find(name => name.endsWith('.log')) ?? '');
  return { path, lines: readFileSync(path, 'utf8').trimEnd().split('\n') };
}

async function kinds(folder: string, options = {}): Promise<string[]> {
  return (await verifyJournal(folder, options)).faults.map(({ kind }) => kind);
}

test('entries come back in order over restarts, and an untouched journal has no faults', async context => {
  const folder = temporary(context);
  await written(folder);
  const subjects: string[] = [];
  const report = await verifyJournal(folder, { onEntry: ({ subject }) => subjects.push(subject) });
  assert.deepEqual(report.faults, []);
  assert.deepEqual(subjects, ['one-a', 'one-b', 'one-c', 'two-a', 'two-b', 'two-c']);
  assert.equal(report.entries, 6);
});

test('a changed, removed, swapped or added line is noticed, whichever it is', async context => {
  const folder = temporary(context);
  const { path, lines } = await written(folder);
  const put = (changed: readonly string[]): void => writeFileSync(path, `${changed.join('\n')}\n`);
  for (const [at, line] of lines.entries()) {
    put(lines.with(at, line.replace(/"seq"/, '"seq" ')));
    assert.notDeepEqual(await kinds(folder), [], `changed ${at}`);
    if (at < lines.length - 1) {
      put(lines.toSpliced(at, 1));
      assert.notDeepEqual(await kinds(folder), [], `removed ${at}`);
      put(lines.with(at, lines[at + 1] ?? '').with(at + 1, line));
      assert.ok((await kinds(folder)).includes('reordered'), `swapped ${at}`);
    }
    put(lines.toSpliced(at, 0, line));
    assert.notDeepEqual(await kinds(folder), [], `added ${at}`);
  }
  put(lines);
  assert.deepEqual(await kinds(folder), []);
});

test('the key of today cannot sign what was written before it', async context => {
  const folder = temporary(context);
  const { path, lines } = await written(folder);
  const { makeLine } = await import('../../src/journal/line.ts');
  const { KeyFile } = await import('../../src/journal/key-file.ts');
  const thief = new KeyFile(folder).read();
  let head = { seq: 0, hash: '0'.repeat(64) };
  const forged = lines.map(line => {
    const { seq, prev, ...content } = JSON.parse(line.slice(0, line.lastIndexOf('\t')));
    if (content.entry?.subject === 'one-b') content.entry.subject = 'nothing happened';
    const made = makeLine(head, content, thief);
    head = made.head;
    return made.text;
  });
  writeFileSync(path, `${forged.join('\n')}\n`);
  const found = await kinds(folder);
  assert.ok(found.length > 0 && found.every(kind => kind === 'forged'), found.join());
});

test('only a checkpoint shows that the end was cut off; another journal is not this one', async context => {
  const folder = temporary(context);
  const { path, lines } = await written(folder);
  const { journal, head } = await verifyJournal(folder);
  assert.ok(journal);
  const open = await Journal.open(folder);
  const checkpoint = parseCheckpoint(JSON.stringify(makeCheckpoint(journal, head, open.signingKey, 5)));
  await open.close();
  assert.deepEqual(await kinds(folder, { checkpoints: [checkpoint], identity: journal }), []);
  writeFileSync(path, `${lines.slice(0, -2).join('\n')}\n`);
  assert.deepEqual(await kinds(folder), []);
  assert.deepEqual(await kinds(folder, { checkpoints: [checkpoint] }), ['cut']);
  assert.deepEqual(await kinds(folder, { identity: 'f'.repeat(64) }), ['missing']);
  assert.throws(() => parseCheckpoint(JSON.stringify({ ...checkpoint, seq: 1 })), /signature/);
  assert.throws(() => parseCheckpoint('{}'), /no checkpoint/);
});

test('a half written line is put aside, told of, and the chain goes on', async context => {
  const folder = temporary(context);
  const { path, lines } = await written(folder);
  appendFileSync(path, (lines.at(-1) ?? '').slice(0, 40));
  assert.deepEqual(await kinds(folder), ['torn']);
  await (await Journal.open(folder)).close();
  const actions: string[] = [];
  const report = await verifyJournal(folder, { onEntry: ({ action }) => actions.push(action) });
  assert.deepEqual(report.faults, []);
  assert.equal(actions.at(-1), 'journal.recovered');
  assert.match(readFileSync(join(folder, 'journal.torn'), 'utf8'), /^\{"seq"/);
});

test('a change of keys that was cut short is made whole by the next start', async context => {
  const folder = temporary(context);
  await written(folder);
  const { KeyFile } = await import('../../src/journal/key-file.ts');
  new KeyFile(folder).makeNext();
  await (await Journal.open(folder)).close();
  assert.deepEqual(await kinds(folder), []);
});

test('a writer that is killed loses nothing that it had acknowledged', async context => {
  const folder = temporary(context);
  const program = join(import.meta.dirname, 'writer.ts');
  for (let round = 0; round < 3; round++) {
    const writer = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    let told = '';
    writer.stdout.setEncoding('utf8').on('data', (text: string) => {
      told += text;
      if (told.length > 300 * (round + 1)) writer.kill('SIGKILL');
    });
    await once(writer, 'close');
    await (await Journal.open(folder)).close();
    const subjects = new Set<string>();
    const report = await verifyJournal(folder, { onEntry: ({ subject }) => subjects.add(subject) });
    assert.deepEqual(report.faults, []);
    for (const line of told.split('\n').slice(0, -1)) assert.ok(subjects.has(line), line);
  }
});

test('random bytes are faults, never errors', async context => {
  const folder = temporary(context);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async bytes => {
      writeFileSync(join(folder, 'journal-000000000001.log'), bytes);
      assert.ok((await verifyJournal(folder)).faults.length > 0);
    }),
    { numRuns: 50 },
  );
});
