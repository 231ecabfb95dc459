/** Whatever is done to a container is noticed and named. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { verifyEvidence } from '../../src/evidence/index.ts';
import { collectInto, makeFiles, makeFolder } from './support.ts';

const kinds = async (file: string) => (await verifyEvidence(file)).faults.map(({ kind }) => kind);

test('a changed bit anywhere, a cut anywhere, a byte more: each is a fault', async context => {
  const folder = makeFolder(context);
  const files = makeFiles(folder, { one: 'one', two: 'two'.repeat(500) });
  const { output } = await collectInto(folder, { files: [files] });
  const good = readFileSync(output);
  const changed = join(folder, 'changed');
  const place = fc.integer({ min: 0, max: good.length - 1 });
  await fc.assert(
    fc.asyncProperty(place, fc.integer({ min: 0, max: 7 }), async (at, bit) => {
      const bytes = Buffer.from(good);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
      writeFileSync(changed, bytes);
      assert.notDeepEqual(await kinds(changed), [], `bit ${bit} of byte ${at}`);
    }),
    { numRuns: 150 },
  );
  await fc.assert(
    fc.asyncProperty(place, async length => {
      writeFileSync(changed, good.subarray(0, length));
      assert.ok((await kinds(changed)).includes('truncated'), `cut at ${length}`);
    }),
    { numRuns: 50 },
  );
  writeFileSync(changed, Buffer.concat([good, Buffer.from('x')]));
  assert.deepEqual(await kinds(changed), ['changed']);
  writeFileSync(changed, good);
  assert.deepEqual(await kinds(changed), []);
});

test('random bytes are never taken for evidence', async context => {
  const file = join(makeFolder(context), 'random');
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 4096 }), async bytes => {
      writeFileSync(file, bytes);
      assert.notDeepEqual(await kinds(file), []);
    }),
    { numRuns: 100 },
  );
});

test('a member that is gone, one that was added, a manifest of another key, another custody log: named', async context => {
  const folder = makeFolder(context);
  const files = makeFiles(folder, { one: 'one' });
  const report = await collectInto(folder, { files: [files] });
  const good = readFileSync(report.output);
  const changed = join(folder, 'changed');
  const segment = report.steps.find(({ id }) => id === 'files')?.segment;
  const begin = good.indexOf(segment?.name ?? '!');
  const end = good.indexOf('evidence/readme.txt');
  assert.ok(begin > 0 && end > begin);
  writeFileSync(changed, Buffer.concat([good.subarray(0, begin), good.subarray(end)]));
  const [missing] = (await verifyEvidence(changed)).faults;
  assert.equal(missing?.kind, 'missing');
  assert.match(missing?.text.en ?? '', new RegExp(`${segment?.name} is missing`));

  const twice = Buffer.concat([good.subarray(0, end), good.subarray(begin, end), good.subarray(end)]);
  writeFileSync(changed, twice);
  assert.deepEqual(await kinds(changed), ['added']);

  const other = join(folder, 'second');
  const second = await collectInto(folder, { files: [files] }, { output: other });
  const noted = await verifyEvidence(other, { key: report.key, manifest: report.manifest_sha256 });
  assert.deepEqual(
    noted.faults.map(({ kind }) => kind),
    ['signature', 'signature'],
  );
  writeFileSync(`${report.output}.custody`, readFileSync(`${other}.custody`));
  assert.deepEqual(await kinds(report.output), ['custody']);
  const log = readFileSync(`${second.output}.custody`, 'utf8').split('\n');
  writeFileSync(
    `${other}.custody`,
    [...log.slice(0, -2), log.at(-2)?.replace('sealed', 'opened'), ''].join('\n'),
  );
  assert.ok((await kinds(other)).includes('custody'));
  truncateSync(`${other}.custody`, 10);
  assert.ok((await kinds(other)).includes('custody'));
  rmSync(`${other}.custody`);
  assert.deepEqual(await kinds(other), []);
});
