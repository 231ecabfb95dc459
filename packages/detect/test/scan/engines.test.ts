/** Engines behind their interface, and the one verdict out of them. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { BytesSubject, defaultLimits, type EngineFinding, fuse, makeEngines } from '../../src/scan/index.ts';
import { eicar, shippedRules } from './samples.ts';

test('YARA-X finds EICAR by the rules that ship, and says why in both languages', async () => {
  const engines = await makeEngines({ yaraRules: [shippedRules], only: ['yara-x'] });
  assert.deepEqual(
    engines.map(({ name }) => name),
    ['yara-x'],
  );
  const [engine] = engines;
  assert.ok(engine);
  const found = await engine.scan(new BytesSubject('/x', [], eicar), defaultLimits);
  assert.equal(found[0]?.signature, 'redoubt_eicar_test_file');
  assert.equal(found[0]?.judgement, 'malicious');
  assert.match(found[0]?.reasons[0]?.text.en ?? '', /YARA rule redoubt_eicar_test_file matches/);
  assert.match(found[0]?.reasons[0]?.text.zh ?? '', /匹配 YARA 规则/);
  const clean = await engine.scan(new BytesSubject('/y', [], Buffer.from('hello')), defaultLimits);
  assert.deepEqual(clean, []);
});

test('a rule file that is wrong is named with its place', async context => {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-yara-'));
  context.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'a.yar'), 'rule good { condition: true }');
  writeFileSync(join(folder, 'b.yar'), 'rule bad { condition: missing }');
  await assert.rejects(
    makeEngines({ yaraRules: [folder] }),
    /engine yara-x: .*b\.yar: .*unknown identifier/s,
  );
});

test('the version of the rules changes with the rules', async context => {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-yara-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'a.yar');
  const versionOf = async (source: string): Promise<string | undefined> => {
    writeFileSync(file, source);
    return (await makeEngines({ yaraRules: [file] }))[0]?.version;
  };
  const first = await versionOf('rule a { condition: true }');
  assert.equal(await versionOf('rule a { condition: true }'), first);
  assert.notEqual(await versionOf('rule a { condition: false }'), first);
});

test('the gravest judgement holds, and engines that agree weigh more than one that repeats itself', () => {
  const finding = (engine: string, judgement: EngineFinding['judgement'], confidence: number) => ({
    engine,
    judgement,
    confidence,
    signature: `${engine}-${confidence}`,
    title: { en: 't', zh: 't' },
    reasons: [],
    where: '/x',
  });
  assert.equal(fuse([]).judged, 'clean');
  assert.equal(fuse([]).score, 0);
  const repeated = fuse([finding('a', 'suspicious', 50), finding('a', 'suspicious', 50)]);
  const agreed = fuse([finding('a', 'suspicious', 50), finding('b', 'suspicious', 50)]);
  assert.deepEqual([repeated.judged, repeated.score], ['suspicious', 50]);
  assert.deepEqual([agreed.judged, agreed.score], ['suspicious', 75]);
  const grave = fuse([finding('a', 'suspicious', 70), finding('b', 'malicious', 60)]);
  assert.equal(grave.judged, 'malicious');
  assert.equal(grave.findings[0]?.engine, 'b');
});
