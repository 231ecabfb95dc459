/** Importing Sigma packs, and what is told of rules. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { writeZip } from '../../../packages/detect/test/offline/zip-writer.ts';
import { redoubt } from './cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'redoubt-content-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const state = join(folder, 'state');
const pack = join(folder, 'pack');

const rule = (name: string, image: string): string =>
  `title: ${name}\nname: ${name}\nlevel: high\ntags: [attack.impact, attack.t1486]\nlogsource: {product: linux, category: process_creation}\ndetection:\n  selection:\n    Image|${image}\n  condition: selection\n`;

before(() => {
  mkdirSync(join(pack, 'deep'), { recursive: true });
  writeFileSync(join(pack, 'good.yml'), rule('good', 'endswith: /x'));
  writeFileSync(join(pack, 'deep/second.yml'), rule('second', 'startswith: /y'));
  writeFileSync(join(pack, 'bad.yml'), rule('bad', 'nonsense: /x'));
  writeFileSync(
    join(pack, 'pair.yml'),
    `${rule('half', 'endswith: /h')}---\n${rule('other-half', 'nonsense: /x')}`,
  );
  writeFileSync(
    join(pack, 'count.yml'),
    'title: count\nname: count\ncorrelation:\n  type: event_count\n  rules: [half]\n  group-by: [User]\n  timespan: 1m\n  condition: {gte: 3}\n',
  );
  writeFileSync(join(pack, 'README.md'), 'hello');
});

const content = (...words: string[]) => redoubt(['content', '--state', state, ...words]);

interface Imported {
  taken: number;
  ignored: number;
  folder: string;
  refused: { rule: string; reason: string }[];
}

async function imported(...words: string[]): Promise<Imported> {
  const { code, stdout, stderr } = await content('import', '--json', ...words);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Imported;
}

test('a folder: what runs is taken, the rest is refused by name with its reason', async () => {
  const report = await imported(pack);
  assert.equal(report.taken, 2);
  assert.equal(report.ignored, 1);
  assert.deepEqual(report.refused.map(one => one.rule).sort(), ['bad', 'count', 'half', 'other-half']);
  assert.ok(report.refused.every(one => one.reason !== ''));
  const checked = await redoubt(['rules', 'check', report.folder, '--json']);
  assert.equal(checked.code, 0);
  assert.equal((JSON.parse(checked.stdout) as { loaded: number }).loaded, 2);
  assert.equal((await content('import', pack)).code, 2);
  assert.equal((await imported(pack, '--replace')).taken, 2);
});

test('a zip and a tar.gz give the same; hostile names stay inside', async () => {
  execFileSync('tar', ['-czf', join(folder, 'packed.tar.gz'), '-C', folder, 'pack']);
  const zip = join(folder, 'hostile.zip');
  const good = readFileSync(join(pack, 'good.yml'), 'utf8');
  writeFileSync(
    zip,
    writeZip([
      { name: '../../../outside.yml', content: good },
      { name: 'x/readme.txt', content: 'x' },
    ]),
  );
  assert.equal((await imported(join(folder, 'packed.tar.gz'))).taken, 2);
  const hostile = await imported(zip, '--name', 'hostile');
  assert.equal(hostile.taken, 1);
  assert.deepEqual(readdirSync(hostile.folder).sort(), ['00000-outside.yml', 'pack.json']);
  const list = JSON.parse((await content('list', '--json')).stdout) as { name: string; taken: number }[];
  assert.deepEqual(
    list.map(({ name, taken }) => [name, taken]),
    [
      ['hostile', 1],
      ['pack', 2],
      ['packed', 2],
    ],
  );
  assert.equal((await content('remove', 'packed')).code, 0);
  for (const name of ['packed', '..', '../state', '']) assert.equal((await content('remove', name)).code, 2);
});

test('what is no pack is refused, in both languages', async () => {
  const torn = join(folder, 'torn.zip');
  writeFileSync(torn, readFileSync(join(folder, 'hostile.zip')).subarray(0, 40));
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  for (const path of [torn, empty, '/nonexistent.zip', join(pack, 'README.md')]) {
    const [english, chinese] = await Promise.all([
      content('import', path, '--name', 'refused'),
      content('import', path, '--name', 'refused', '--lang', 'zh'),
    ]);
    assert.deepEqual([english.code, chinese.code], [2, 2], `${path}: ${english.stderr}`);
    assert.match(chinese.stderr, /\p{Script=Han}/u);
  }
  assert.equal((await content('import', pack, '--name', '../x')).code, 2);
  assert.equal((await content('dance')).code, 2);
});

test('rules: filters of the list, coverage as data, layer and picture, fields', async () => {
  const good = join(pack, 'good.yml');
  const own = join(folder, 'own');
  mkdirSync(own);
  writeFileSync(join(own, 'good.yml'), readFileSync(good));
  const names = async (...words: string[]) =>
    (
      JSON.parse((await redoubt(['rules', 'list', own, '--json', ...words])).stdout) as { rule: string }[]
    ).map(one => one.rule);
  assert.deepEqual(await names('--tactic', 'impact', '--level', 'high', '--product', 'linux'), ['good']);
  for (const words of [
    ['--tactic', 'discovery'],
    ['--level', 'low'],
    ['--product', 'windows'],
  ]) {
    assert.deepEqual(await names(...words), []);
  }
  const [layer, picture] = [join(folder, 'layer.json'), join(folder, 'picture.svg')];
  const words = ['rules', 'coverage', own, '--json', '--layer', layer, '--picture', picture, '--lang', 'zh'];
  const tactics = JSON.parse((await redoubt(words)).stdout) as { slug: string; techniques: unknown[] }[];
  assert.equal(tactics.length, 14);
  assert.equal(tactics.find(one => one.slug === 'impact')?.techniques.length, 1);
  const drawn = readFileSync(picture, 'utf8');
  assert.match(drawn, /^<svg xmlns=/);
  assert.match(drawn, /影响/);
  const data = JSON.parse(readFileSync(layer, 'utf8')) as {
    domain: string;
    versions: { layer: string };
    techniques: { techniqueID: string; tactic: string; score: number; enabled: boolean }[];
  };
  assert.deepEqual([data.domain, data.versions.layer], ['enterprise-attack', '4.5']);
  assert.deepEqual(
    data.techniques.map(({ techniqueID, tactic, score, enabled }) => [techniqueID, tactic, score, enabled]),
    [['T1486', 'impact', 1, true]],
  );
  const fields = JSON.parse((await redoubt(['rules', 'convert-fields', good, '--json'])).stdout) as {
    fields: { field: string; host: { path: string }[]; log: string[] }[];
  }[];
  assert.equal(fields[0]?.fields[0]?.field, 'Image');
  assert.equal(fields[0]?.fields[0]?.host[0]?.path, 'process.file.path');
});
