import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { after, test } from 'node:test';
import { ExecutableHasher, versionOf } from '../../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'hasher-'));
after(() => rmSync(folder, { recursive: true }));

const stat = (path: string) => statSync(path, { bigint: true });
const sha256 = (data: Buffer) => createHash('sha256').update(data).digest('hex');
/** Where nothing is. */
const gone = join(folder, 'gone');

test('a file of several slices, once read and then known', async () => {
  const path = join(folder, 'large');
  const data = randomBytes(1_000_003);
  writeFileSync(path, data);
  const hasher = new ExecutableHasher();
  const request = { version: versionOf(stat(path)), running: gone, path };
  const both = await Promise.all([hasher.hash(request), hasher.hash(request)]);
  assert.deepEqual(both, [sha256(data), sha256(data)]);
  assert.equal(hasher.counters.hashed, 1, 'two that ask at the same time share the work');
  assert.equal(hasher.cached(request.version), sha256(data));
});

test('a removed file is reached through a descriptor, as through /proc/PID/exe', async () => {
  const path = join(folder, 'removed');
  writeFileSync(path, 'contents');
  const version = versionOf(stat(path));
  const descriptor = openSync(path, 'r');
  unlinkSync(path);
  const hasher = new ExecutableHasher();
  const digest = await hasher.hash({ version, running: `/proc/self/fd/${descriptor}`, path });
  closeSync(descriptor);
  assert.equal(digest, sha256(Buffer.from('contents')));
});

test('a file that was replaced or changed is not taken for the one that ran', async () => {
  const path = join(folder, 'changed');
  writeFileSync(path, 'AAAA');
  const before = stat(path);
  const version = versionOf(before);
  writeFileSync(path, 'BBBB');
  const hasher = new ExecutableHasher();
  assert.equal(await hasher.hash({ version, running: gone, path }), undefined);
  // Same inode, size and mtime: only ctime, which cannot be set, tells.
  utimesSync(path, Number(before.atimeMs) / 1000, Number(before.mtimeMs) / 1000);
  const forged = { ...version, modified: stat(path).mtimeNs };
  assert.equal(await hasher.hash({ version: forged, running: gone, path }), undefined);
  assert.equal(hasher.counters.failed, 2);
});

test('the queue, the cache and the size are bounded', async () => {
  const hasher = new ExecutableHasher({ concurrency: 1, maxQueue: 2, maxCached: 2, maxSize: 100 });
  const paths = Array.from({ length: 6 }, (_, index) => join(folder, `small${index}`));
  for (const path of paths) writeFileSync(path, path);
  const requests = paths.map(path => ({ version: versionOf(stat(path)), running: gone, path }));
  const digests = await Promise.all(requests.map(request => hasher.hash(request)));
  assert.equal(hasher.counters.refused, 3, 'one runs, two wait');
  assert.equal(digests.filter(digest => digest === undefined).length, 3);
  assert.equal(requests.filter(({ version }) => hasher.cached(version) !== undefined).length, 2);
  const large = join(folder, 'over');
  writeFileSync(large, Buffer.alloc(101));
  assert.equal(await hasher.hash({ version: versionOf(stat(large)), running: gone, path: large }), undefined);
});

test('many files are read through the same few buffers', async () => {
  const hasher = new ExecutableHasher();
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  for (let index = 0; index < 60; index++) {
    const path = join(folder, `many${index}`);
    writeFileSync(path, path);
    await hasher.hash({ version: versionOf(stat(path)), running: gone, path });
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  assert.equal(hasher.counters.hashed, 60);
  assert.ok(most < 1024 * 1024, `${most} bytes`);
});

test('hashing a large file leaves the event loop its turns', async () => {
  const path = join(folder, 'huge');
  writeFileSync(path, Buffer.alloc(64 * 1024 * 1024));
  const hasher = new ExecutableHasher();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await hasher.hash({ version: versionOf(stat(path)), running: gone, path });
  clearInterval(timer);
  delay.disable();
  assert.ok(turns > 5, `the event loop had ${turns} turns`);
});
