/** What is collected is what was there, can be opened by the tools of its formats, and says what it could not take. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ElfFile } from '@redoubt/observe/elf';
import { EvidenceError, extractEvidence, identitiesIn, verifyEvidence } from '../../src/evidence/index.ts';
import { collectInto, makeFiles, makeFolder } from './support.ts';

const quiet: { stdio: ['ignore', 'pipe', 'pipe'] } = { stdio: ['ignore', 'pipe', 'pipe'] };

test('volatile state, memory, files and an image: collected, verified, taken out again', async context => {
  const folder = makeFolder(context);
  const image = join(folder, 'disk.img');
  writeFileSync(image, 'begin');
  truncateSync(image, 64 << 20);
  const odd = 'a\nb \\ ü';
  const files = makeFiles(folder, { plain: 'content', [odd]: 'odd name' });
  writeFileSync(Buffer.concat([Buffer.from(`${files}/`), Buffer.from([0x66, 0xff])]), 'no UTF-8');
  symlinkSync('/etc/passwd', join(files, 'link'));
  execFileSync('mkfifo', [join(files, 'pipe')]);
  const child = spawn('sleep', ['1000']);
  context.after(() => child.kill('SIGKILL'));
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  const report = await collectInto(folder, {
    memory: [{ pid }, { pid: 2 ** 22 + 1 }],
    ram: true,
    files: [files],
    images: [image],
    skip: ['persistence', 'modules', 'record', 'suspicious', 'logs'],
  });
  const step = (id: string) => report.steps.find(one => one.id === id);
  assert.equal(step(`memory-${pid}`)?.status, 'done');
  assert.equal(step(`memory-${2 ** 22 + 1}`)?.status, 'absent');
  assert.equal(step('processes')?.status, 'done');
  assert.match(step('files')?.notes[0]?.en ?? '', /pipe: is no regular file/);
  assert.equal(child.exitCode, null);
  assert.ok(report.bytes < 8 << 20, 'zeros of the image take no room');
  assert.equal(statSync(report.output).mode & 0o777, 0o600);

  const verified = await verifyEvidence(report.output, {
    deep: true,
    key: report.key,
    manifest: report.manifest_sha256,
  });
  assert.deepEqual(verified.faults, []);
  assert.equal(
    verified.members,
    report.steps.reduce((sum, { members }) => sum + members, 0),
  );
  assert.equal(verified.custody?.entries.at(-1)?.action, 'evidence.sealed');

  const out = join(folder, 'taken');
  const taken = await extractEvidence(report.output, { output: out, identities: [] });
  assert.deepEqual(taken.faults, []);
  const of = (path: string) => readFileSync(join(out, 'files', files.slice(1), path), 'utf8');
  assert.equal(of('plain'), 'content');
  assert.equal(of('a\\x0ab \\\\ ü'), 'odd name');
  assert.equal(of('f\\xff'), 'no UTF-8');
  assert.equal(new ElfFile(readFileSync(join(out, `memory-${pid}`, `${pid}.core`))).header.type, 4);
  const disk = statSync(join(out, 'image-1/disk.img.img'));
  assert.equal(disk.size, 64 << 20);
  assert.ok(disk.blocks * 512 < 1 << 20, 'zeros became a hole');
  const processes = readFileSync(join(out, 'processes/processes.jsonl'), 'utf8').trimEnd().split('\n');
  const own = processes.map(line => JSON.parse(line)).find(one => one.pid === pid);
  assert.deepEqual(own.command_line, ['sleep', '1000']);
  assert.ok(own.environment_names.includes('PATH'));
  assert.ok(
    !JSON.stringify(own).includes(process.env['PATH'] ?? '!'),
    'values of the environment are not kept',
  );
});

test('an encrypted container: opened by age, zstd and tar, and by its identity alone', async context => {
  const folder = makeFolder(context);
  const files = makeFiles(folder, { secret: 'marker-of-this-test'.repeat(10_000) });
  const key = (name: string) => {
    execFileSync('age-keygen', ['-o', join(folder, name)], quiet);
    const text = readFileSync(join(folder, name), 'utf8');
    return { text, recipient: /public key: (age1\S+)/.exec(text)?.[1] ?? '' };
  };
  const ours = key('ours');
  const other = key('other');
  const report = await collectInto(folder, { files: [files] }, { recipients: [ours.recipient] });
  assert.ok(!readFileSync(report.output).includes('marker-of-this-test'));
  execFileSync('tar', ['-xf', report.output, '-C', folder], quiet);
  const segment = report.steps.find(({ id }) => id === 'files')?.segment;
  const bytes = readFileSync(join(folder, segment?.name ?? ''));
  assert.equal(createHash('sha256').update(bytes).digest('hex'), segment?.sha256);
  const listed = execFileSync(
    'sh',
    [
      '-c',
      'age -d -i "$1" "$2" | zstd -dc | tar -xO --wildcards "*/secret"',
      'sh',
      join(folder, 'ours'),
      join(folder, segment?.name ?? ''),
    ],
    quiet,
  );
  assert.equal(listed.toString(), 'marker-of-this-test'.repeat(10_000));

  assert.deepEqual((await verifyEvidence(report.output)).faults, []);
  const identities = identitiesIn(ours.text, 'ours');
  assert.deepEqual((await verifyEvidence(report.output, { deep: true, identities })).faults, []);
  const isKeyError = (error: unknown) => error instanceof EvidenceError && error.code === 'key';
  const wrong = identitiesIn(other.text, 'other');
  await assert.rejects(verifyEvidence(report.output, { deep: true, identities: wrong }), isKeyError);
  await assert.rejects(
    extractEvidence(report.output, { output: join(folder, 'none'), identities: [] }),
    isKeyError,
  );
  await assert.rejects(
    collectInto(folder, {}, { recipients: ['age1nonsense'], output: join(folder, 'x') }),
    isKeyError,
  );
});

test('nothing is written over, and another question is not answered with an unfinished collection', async context => {
  const folder = makeFolder(context);
  const report = await collectInto(folder);
  const before = readFileSync(report.output);
  await assert.rejects(collectInto(folder), /is there already/);
  assert.deepEqual(readFileSync(report.output), before);
});
