/** The follower's own ways: where it begins, what it holds back, what it passes over, how it goes on. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFile, mkdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  FollowedLog,
  type FollowPosition,
  followFile,
  followGlob,
  type LogDamage,
} from '../../../src/log/index.ts';
import { temporaryFolder } from '../support/temporary.ts';

const quick = { pollMilliseconds: 10, retireMilliseconds: 50 };

test('begins at the start or the end, holds back half lines, goes on from a position', async context => {
  const path = join(await temporaryFolder(context), 'a.log');
  await writeFile(path, 'one\ntwo\nhal');
  const first = followFile({ path, ...quick });
  const batch = (await first.next()).value;
  assert.equal(String(batch?.bytes), 'one\ntwo\n');
  // As it is kept in a file.
  const position = JSON.parse(JSON.stringify(batch?.position)) as FollowPosition;
  await first.return(undefined);
  await appendFile(path, 'f\nthree\n');
  const second = followFile({ path, position, ...quick });
  const rest = (await second.next()).value;
  assert.equal(String(rest?.bytes), 'half\nthree\n');
  assert.equal(rest?.offset, 8);
  await second.return(undefined);
  const atEnd = followFile({ path, from: 'end', ...quick });
  const pending = atEnd.next();
  await new Promise(done => setTimeout(done, 100));
  await appendFile(path, 'four\n');
  assert.equal(String((await pending).value?.bytes), 'four\n');
  await atEnd.return(undefined);
});

test('a last line without its end comes when the file has been rotated away', async context => {
  const path = join(await temporaryFolder(context), 'a.log');
  await writeFile(path, 'one\nlast');
  const follower = followFile({ path, ...quick });
  assert.equal(String((await follower.next()).value?.bytes), 'one\n');
  await rename(path, `${path}.1`);
  await writeFile(path, 'new\n');
  const got = [String((await follower.next()).value?.bytes), String((await follower.next()).value?.bytes)];
  assert.deepEqual(got.sort(), ['last', 'new\n']);
  await follower.return(undefined);
});

test('a file truncated and written anew is read from its start', async context => {
  const path = join(await temporaryFolder(context), 'a.log');
  await writeFile(path, 'one\n');
  const follower = followFile({ path, ...quick });
  await follower.next();
  await truncate(path, 0);
  await appendFile(path, 'longer than before\n');
  assert.equal(String((await follower.next()).value?.bytes), 'longer than before\n');
  await follower.return(undefined);
});

test('a line that comes between a look and the wait after it is not left until the next look', async context => {
  const path = join(await temporaryFolder(context), 'a.log');
  await writeFile(path, '');
  const follower = followFile({ path, pollMilliseconds: 2 ** 31 - 1 });
  for (let round = 0; round < 200; round += 1) {
    const pending = follower.next();
    for (let turn = round % 20; turn > 0; turn -= 1) await setImmediate();
    await appendFile(path, `${round}\n`);
    assert.equal(String((await pending).value?.bytes), `${round}\n`);
  }
  await follower.return(undefined);
});

test('an end that comes between a look and the wait after it is not left until the next look', async context => {
  const path = join(await temporaryFolder(context), 'a.log');
  await writeFile(path, '');
  for (let round = 0; round < 40; round += 1) {
    const end = new AbortController();
    const follower = followFile({ path, pollMilliseconds: 2 ** 31 - 1, signal: end.signal });
    const pending = follower.next();
    for (let turn = round; turn > 0; turn -= 1) await setImmediate();
    end.abort();
    assert.equal((await pending).done, true);
  }
});

test('a line over the limit is reported and passed over', async context => {
  const path = join(await temporaryFolder(context), 'a.log');
  await writeFile(path, `one\n${'x'.repeat(5000)}\ntwo\n`);
  const damage: LogDamage[] = [];
  const follower = followFile({
    path,
    lineBytes: 1000,
    batchBytes: 500,
    onDamage: each => damage.push(each),
    ...quick,
  });
  assert.equal(String((await follower.next()).value?.bytes), 'one\n');
  assert.equal(String((await follower.next()).value?.bytes), 'two\n');
  assert.ok(damage.length > 0);
  await follower.return(undefined);
});

test('patterns follow new files and leave rotated ones to their log', async context => {
  const folder = await temporaryFolder(context);
  await writeFile(join(folder, 'a.log'), 'a\n');
  await writeFile(join(folder, 'a.log.1'), 'old\n');
  const stop = new AbortController();
  context.after(() => stop.abort());
  const follower = followGlob({
    patterns: [join(folder, '*.log*')],
    rescanMilliseconds: 20,
    signal: stop.signal,
    ...quick,
  });
  assert.equal(String((await follower.next()).value?.bytes), 'a\n');
  const next = follower.next();
  await writeFile(join(folder, 'b.log'), 'b\n');
  assert.equal(String((await next).value?.bytes), 'b\n');
  stop.abort();
  assert.equal((await follower.next()).done, true);
});

test('followed lines become records; a held audit event keeps the position before it', async context => {
  const path = join(await temporaryFolder(context), 'audit.log');
  await writeFile(path, 'type=SYSCALL msg=audit(1.000:1): syscall=59 pid=1\n');
  const follower = followFile({ path, ...quick });
  const batch = (await follower.next()).value;
  assert.ok(batch !== undefined);
  const log = new FollowedLog({ name: path });
  const { records, position } = log.take(batch);
  assert.equal(records.length, 0);
  assert.equal(position?.files[0]?.offset, 0);
  assert.equal(log.idle().length, 1);
  await follower.return(undefined);
});

test('a log whose folder is gone is let go, and a new one of that name is read from its start', async context => {
  const base = await temporaryFolder(context);
  const folder = join(base, 'run');
  await mkdir(folder);
  const path = join(folder, 'a.log');
  await writeFile(path, 'one\n');
  const follower = followGlob({ patterns: [join(base, '*', '*.log')], rescanMilliseconds: 20, ...quick });
  assert.equal(String((await follower.next()).value?.bytes), 'one\n');
  // Gone before the follower looks for what was rotated away.
  await rm(folder, { recursive: true });
  const next = follower.next();
  await new Promise(done => setTimeout(done, 200));
  await mkdir(folder);
  await writeFile(path, 'two\n');
  assert.equal(String((await next).value?.bytes), 'two\n');
  await follower.return(undefined);
});

test('a log that cannot be read is reported and tried again; the others go on', async context => {
  const folder = await temporaryFolder(context);
  const [bad, good] = [join(folder, 'bad.log'), join(folder, 'good.log')];
  await writeFile(bad, 'first\n');
  await writeFile(good, 'one\n');
  const damage: LogDamage[] = [];
  const refused = Promise.withResolvers<void>();
  const follower = followGlob({
    patterns: [join(folder, '*.log')],
    rescanMilliseconds: 20,
    onDamage: each => {
      damage.push(each);
      refused.resolve();
    },
    ...quick,
  });
  const both = [String((await follower.next()).value?.bytes), String((await follower.next()).value?.bytes)];
  assert.deepEqual(both.sort(), ['first\n', 'one\n']);
  await rm(bad);
  await promisify(execFile)('mkfifo', [bad]);
  const next = follower.next();
  await refused.promise;
  await appendFile(good, 'two\n');
  assert.equal(String((await next).value?.bytes), 'two\n');
  assert.match(damage[0]?.reason ?? '', /not followed: .*bad\.log is not a regular file/);
  await rm(bad);
  await writeFile(bad, 'again\n');
  assert.equal(String((await follower.next()).value?.bytes), 'again\n');
  assert.equal(damage.length, 1);
  await follower.return(undefined);
});
