/** Updates: fetched once, tried before they count, staged, taken back, carried in by hand. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isDue, openSource, type Release, update } from '../../src/update/index.ts';
import { day, fixture, start } from './fixture.ts';

const first = { 'rules/a.yml': 'first: 1\n', 'lists/b.txt': 'same\n' };
const second = { 'rules/a.yml': 'second: 2\n', 'lists/b.txt': 'same\n' };

test('only what is new is fetched, and an unchanged repository costs no file', async context => {
  const made = await fixture(context);
  await made.publish(first);
  const all = await made.run();
  assert.equal(all.changed, 2);
  assert.equal((await made.run()).outcome, 'up_to_date');
  await made.publish(second);
  assert.equal((await made.run(start, { checkOnly: true })).outcome, 'available');
  const delta = await made.run();
  assert.deepEqual([delta.outcome, delta.before, delta.version, delta.changed], ['installed', 1, 2, 1]);
  assert.ok(delta.fetchedBytes < all.fetchedBytes);
  assert.equal(readFileSync(join(made.content.folder, 'current/rules/a.yml'), 'utf8'), 'second: 2\n');
});

test('a kept file that was damaged is fetched again', async context => {
  const made = await fixture(context);
  await made.publish(first);
  await made.run();
  const { files } = JSON.parse(
    Buffer.from(JSON.parse(readFileSync(made.path('releases/1.json'), 'utf8')).payload, 'base64').toString(),
  ) as Release;
  const object = join(
    made.content.folder,
    'objects',
    files.find(({ path }) => path === 'lists/b.txt')?.sha256 ?? '',
  );
  writeFileSync(object, 'not the same\n');
  await made.publish(second);
  await made.run();
  assert.equal(readFileSync(join(made.content.folder, 'current/lists/b.txt'), 'utf8'), 'same\n');
});

test('a release that fails its trial never comes into force', async context => {
  const made = await fixture(context);
  await made.publish(first);
  await made.run();
  await made.publish(second);
  const fault = { en: 'a canary is silent', zh: '金丝雀规则未触发' };
  await assert.rejects(made.run(start, { tryOut: async () => fault }), { code: 'check_failed' });
  assert.equal(made.content.version, 1);
});

test('what is taken back is not taken again by itself, and the way back is in the history', async context => {
  const made = await fixture(context);
  await made.publish(first);
  await made.run();
  await made.publish(second);
  await made.run();
  assert.equal(made.content.rollBack(start + 1, { en: 'too many findings', zh: '告警过多' }), 1);
  assert.equal(readFileSync(join(made.content.folder, 'current/rules/a.yml'), 'utf8'), 'first: 1\n');
  await assert.rejects(made.run(), { code: 'withdrawn_here' });
  assert.equal((await made.run(start, { force: true })).outcome, 'installed');
  assert.deepEqual(
    made.content.history.map(({ step, version }) => `${step} ${version}`),
    ['installed 1', 'installed 2', 'rolled_back 2', 'installed 2'],
  );
  assert.deepEqual(made.content.withdrawn, []);
  made.content.rollBack(start + 2, { en: '', zh: '' });
  assert.equal(made.content.rollBack(start + 3, { en: '', zh: '' }), undefined);
  assert.equal(made.content.current, undefined);
});

test('staged roll-out: groups first, then shares of the hosts, each host at one place', () => {
  const release = {
    version: 7,
    issued: start,
    rollout: [
      { group: 'canary', percent: 100, afterHours: 0 },
      { percent: 20, afterHours: 24 },
      { percent: 100, afterHours: 72 },
    ],
  } as unknown as Release;
  assert.ok(isDue(release, { host: 'x', group: 'canary' }, start));
  const share = (hours: number): number =>
    Array.from({ length: 1000 }, (_, at) =>
      isDue(release, { host: `h${at}`, group: '' }, start + hours * 3_600_000),
    ).filter(Boolean).length;
  assert.equal(share(0), 0);
  assert.ok(Math.abs(share(24) - 200) < 60, String(share(24)));
  assert.equal(share(72), 1000);
});

test('a host waits for its turn, unless it is told not to', async context => {
  const made = await fixture(context);
  await made.publish(first, start, { rollout: [{ percent: 100, afterHours: 24 }] });
  assert.equal((await made.run(start)).outcome, 'not_due');
  assert.equal(made.content.version, undefined);
  assert.equal((await made.run(start + day)).outcome, 'installed');
});

test('an offline file brings the same, a torn one and what is no file nothing', async context => {
  const made = await fixture(context);
  await made.publish(first);
  const file = join(made.folder, 'offline.tar');
  await made.repository.exportOffline(file);
  const options = { place: { host: 'h', group: '' }, now: start, tryOut: async () => undefined };
  const source = await openSource(file, () => false);
  assert.equal((await update(source, made.content, options)).outcome, 'installed');
  await source.close();
  assert.ok(existsSync(join(made.content.folder, 'current/rules/a.yml')));
  truncateSync(file, statSync(file).size - 3000);
  await assert.rejects(
    openSource(file, () => false),
    { code: 'truncated' },
  );
  writeFileSync(file, 'no archive at all');
  await assert.rejects(
    openSource(file, () => false),
    /no archive|malformed|truncated|Unexpected|offline/,
  );
  const pipe = join(made.folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  for (const [place, code] of [
    [pipe, 'malformed'],
    ['/dev/zero', 'malformed'],
    [`${file}x`, 'missing'],
  ] as const)
    await assert.rejects(
      openSource(place, () => false),
      { code },
    );
});

test('trust begins only with the root that the operator was told of', async context => {
  const made = await fixture(context);
  const { beginTrust } = await import('../../src/update/index.ts');
  const root = readFileSync(made.path('root/1.json'));
  await assert.rejects(beginTrust(root, 'ab'.repeat(32), made.content, start), { code: 'wrong_key' });
});
