/** Learning, the model that ships, and the engine that explains itself by features. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { BytesSubject, defaultLimits } from '../../../src/scan/index.ts';
import {
  type Features,
  featureNames,
  featuresOf,
  featureWords,
  makeStaticEngine,
  modelKinds,
  readModel,
  scoreOf,
  shippedModel,
} from '../../../src/scan/static/index.ts';
import { boosted } from '../../../src/scan/static/model/boost.ts';
import { oddCopy, oddKinds } from '../../../src/scan/static/train/odd.ts';

const engine = makeStaticEngine();
const program = readFileSync('/bin/ls');

test('what tells two kinds of samples apart is learnt, and nothing else', () => {
  const samples = Array.from({ length: 400 }, (_, index) => {
    const odd = index % 4 === 0;
    return { features: { telling: odd ? 5 : 1, noise: (index * 7_919) % 13 }, odd, weight: 1 };
  });
  const { base, stumps } = boosted(samples, ['telling', 'noise']);
  const model = { features: ['telling', 'noise'], base, stumps, suspicious: 0 };
  assert.ok(scoreOf(model, { telling: 5, noise: 3 }).score > 2);
  assert.ok(scoreOf(model, { telling: 1, noise: 3 }).score < -2);
  const { score, parts } = scoreOf(model, { telling: 5, noise: 3 });
  const sum = [...parts.values()].reduce((total, part) => total + part, base);
  assert.ok(Math.abs(sum - score) < 1e-9, 'the parts are the whole score');
});

test('the model that ships is whole, and every feature of it has words in both languages', () => {
  const model = readModel(readFileSync(shippedModel, 'utf8'));
  for (const kind of modelKinds) {
    assert.ok(model.kinds[kind].stumps.length > 0, kind);
    for (const name of model.kinds[kind].features) {
      assert.ok(featureNames.includes(name), name);
      assert.match(featureWords(name, 1).zh, /\p{Script=Han}/u);
    }
  }
  assert.throws(() => readModel('{}'), /no static model/);
  assert.throws(
    () =>
      readModel(
        JSON.stringify({
          ...model,
          kinds: { elf: { features: [], base: 0, suspicious: 0, stumps: [[3, 1, 1, 1]] } },
        }),
      ),
    /elf files is damaged/,
  );
});

test('an honest program is left alone; a copy with its code encrypted is suspicious, with reasons', async () => {
  assert.deepEqual(await engine.scan(new BytesSubject('/bin/ls', [], program), defaultLimits), []);
  const copy = oddCopy('elf', 'all segments encrypted', program, 7);
  assert.ok(copy);
  const [finding] = await engine.scan(new BytesSubject('/srv/ls', [], copy), defaultLimits);
  assert.equal(finding?.judgement, 'suspicious');
  assert.ok((finding?.confidence ?? 100) <= 60);
  assert.ok(finding?.reasons.some(one => /dense|entropy/.test(one.field)));
  assert.match(finding?.reasons[0]?.text.zh ?? '', /权重/);
});

test('packed programs of the clamav-testfiles are suspicious', async () => {
  const bytes = readFileSync('/usr/share/clamav-testfiles/clam-yc.exe');
  const [finding] = await engine.scan(new BytesSubject('/srv/a.exe', [], bytes), defaultLimits);
  assert.equal(finding?.signature, 'static.pe');
});

test('odd copies are the same every time, and never what the file was', () => {
  for (const change of oddKinds('elf')) {
    const copy = oddCopy('elf', change, program, 11);
    if (copy === undefined) continue;
    assert.ok(!copy.equals(program), change);
    assert.ok(copy.equals(oddCopy('elf', change, program, 11) ?? Buffer.alloc(0)), change);
  }
});

test('bytes of any kind are scanned without an error', async () => {
  const start = fc.constantFrom('\x7fELF\x02\x01\x01', 'MZ', '#!/bin/sh\n', '<?php ');
  await fc.assert(
    fc.asyncProperty(start, fc.uint8Array({ maxLength: 2_000 }), async (head, rest) => {
      const bytes = Buffer.concat([Buffer.from(head, 'latin1'), rest]);
      await engine.scan(new BytesSubject('/x.php', [], bytes), defaultLimits);
    }),
    { numRuns: 200 },
  );
  const numbers: Features = featuresOf('script', Buffer.from('x'.repeat(1_000)));
  assert.ok(Object.values(numbers).every(Number.isFinite));
});
