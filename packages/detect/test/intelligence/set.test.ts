/** The set: found is what was put in, and only that; the file gives back the same set or says what is damaged. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import type { IndicatorKind } from '../../src/intelligence/kinds.ts';
import { IndicatorFileError, readIndicators, writeIndicators } from '../../src/intelligence/set/file.ts';
import { type Facts, type Hit, IndicatorSet } from '../../src/intelligence/set/indicator-set.ts';
import { forever } from '../../src/intelligence/table/table.ts';
import { addressWords, maskWord, networkOf } from '../../src/intelligence/value/address.ts';
import type { CheckedValue } from '../../src/intelligence/value/check.ts';
import { seconds, Workbench } from './support.ts';

const facts: Facts = {
  source: 0,
  confidence: 50,
  labels: ['l'],
  description: 'd',
  from: 0,
  until: forever,
  added: seconds,
};

function setOf(values: readonly CheckedValue[], more: Partial<Facts> = {}): IndicatorSet {
  const set = new IndicatorSet();
  set.sources = ['a', 'b', 'c'].map(name => ({ name, local: true, held: false, importedAt: 0, origin: '' }));
  for (const value of values) set.add(value, { ...facts, ...more });
  return set;
}

function valuesOf(set: IndicatorSet, hits: readonly Hit[]): string[] {
  return hits.map(hit => `${hit.kind} ${set.valueOf(hit)}`).sort();
}

function found(set: IndicatorSet, look: (hits: Hit[]) => void): string[] {
  const hits: Hit[] = [];
  look(hits);
  return valuesOf(set, hits);
}

const text = (kind: Exclude<IndicatorKind, 'ipv4' | 'ipv6'>, value: string): CheckedValue => ({
  kind,
  text: value,
});

function network(value: string, port = 0): CheckedValue {
  const parsed = networkOf(value);
  assert.ok(parsed !== undefined, value);
  return { kind: parsed.words.length === 1 ? 'ipv4' : 'ipv6', ...parsed, port };
}

test('names: exact ones match themselves, trees all below them, never a part of a label', () => {
  const set = setOf([text('domain', 'www.bad.example'), text('domain_tree', 'evil.example')]);
  const look = (name: string) => found(set, hits => set.matchName(name, hits));
  assert.deepEqual(look('www.bad.example'), ['domain www.bad.example']);
  assert.deepEqual(look('a.www.bad.example'), []);
  assert.deepEqual(look('bad.example'), []);
  assert.deepEqual(look('evil.example'), ['domain_tree evil.example']);
  assert.deepEqual(look('a.b.evil.example'), ['domain_tree evil.example']);
  assert.deepEqual(look('notevil.example'), []);
  assert.deepEqual(look('example'), []);
  assert.deepEqual(look(''), []);
});

test('URLs: themselves, with arguments, and what lies below; a first page stands for itself only', () => {
  const set = setOf([
    text('url', 'bad.example/a'),
    text('url', 'bad.example/dir/'),
    text('url', 'bad.example/q?x=1'),
    text('url', 'root.example/'),
  ]);
  const look = (url: string) => found(set, hits => set.matchUrl(url, hits));
  assert.deepEqual(look('bad.example/a'), ['url bad.example/a']);
  assert.deepEqual(look('bad.example/a?y=2'), ['url bad.example/a']);
  assert.deepEqual(look('bad.example/a/b'), ['url bad.example/a']);
  assert.deepEqual(look('bad.example/ab'), []);
  assert.deepEqual(look('bad.example/dir/x/y?z'), ['url bad.example/dir/']);
  assert.deepEqual(look('bad.example/dir'), []);
  assert.deepEqual(look('bad.example/q?x=1&y=2'), ['url bad.example/q?x=1']);
  assert.deepEqual(look('bad.example/q?x=12'), []);
  assert.deepEqual(look('root.example/'), ['url root.example/']);
  assert.deepEqual(look('root.example/?x'), ['url root.example/']);
  assert.deepEqual(look('root.example/other'), []);
});

test('addresses: every network that holds them, for the port or any', () => {
  const set = setOf([
    network('45.0.0.0/24'),
    network('45.0.0.7'),
    network('45.0.0.7', 443),
    network('2a00::/32'),
    network('2a00::1', 80),
  ]);
  const look = (address: string, port = 0) => found(set, hits => set.matchAddress(address, port, hits));
  assert.deepEqual(look('45.0.0.7'), ['ipv4 45.0.0.0/24', 'ipv4 45.0.0.7']);
  assert.deepEqual(look('45.0.0.7', 443), ['ipv4 45.0.0.0/24', 'ipv4 45.0.0.7', 'ipv4 45.0.0.7|443']);
  assert.deepEqual(look('::ffff:45.0.0.7', 80), ['ipv4 45.0.0.0/24', 'ipv4 45.0.0.7']);
  assert.deepEqual(look('45.0.1.7'), []);
  assert.deepEqual(look('2a00::1', 80), ['ipv6 2a00::/32', 'ipv6 2a00::1|80']);
  assert.deepEqual(look('nonsense'), []);
});

const addresses = fc.oneof(
  fc.integer({ min: 0, max: 0xff }).map(last => `45.0.0.${last}`),
  fc.integer({ min: 0, max: 0xff }).map(last => `2a00::${last.toString(16)}`),
);
const networks = fc
  .tuple(addresses, fc.integer({ min: 0, max: 8 }), fc.constantFrom(0, 80, 443))
  .map(([address, shorter, port]) => ({
    text: `${address}/${(address.includes(':') ? 128 : 32) - shorter}`,
    port,
  }));

test('addresses are found as a search of the whole list finds them', () => {
  fc.assert(
    fc.property(
      fc.array(networks, { maxLength: 60 }),
      addresses,
      fc.constantFrom(0, 80, 443),
      (list, address, port) => {
        const set = setOf(list.map(one => network(one.text, one.port)));
        const words = addressWords(address) ?? [];
        const expected = new Set<string>();
        for (const one of list) {
          const parsed = networkOf(one.text);
          if (parsed === undefined || parsed.words.length !== words.length) continue;
          if (one.port !== 0 && one.port !== port) continue;
          const inside = words.every((word, i) => maskWord(word, i, parsed.prefix) === parsed.words[i]);
          const [hit] = set.exactly(network(one.text, one.port));
          assert.ok(hit !== undefined);
          if (inside) expected.add(`${hit.kind} ${set.valueOf(hit)}`);
        }
        assert.deepEqual(
          found(set, hits => set.matchAddress(address, port, hits)),
          [...expected].sort(),
        );
      },
    ),
  );
});

test('names and digests are found as a search of the whole list finds them', () => {
  const label = fc.constantFrom('a', 'b', 'ab', 'x');
  const name = fc.array(label, { minLength: 1, maxLength: 4 }).map(labels => labels.join('.'));
  const entry = fc.record({ kind: fc.constantFrom('domain' as const, 'domain_tree' as const), text: name });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 40 }), name, (list, asked) => {
      const set = setOf(list);
      const expected = list.filter(
        one => one.text === asked || (one.kind === 'domain_tree' && asked.endsWith(`.${one.text}`)),
      );
      assert.deepEqual(
        found(set, hits => set.matchName(asked, hits)),
        [...new Set(expected.map(one => `${one.kind} ${one.text}`))].sort(),
      );
    }),
  );
  const digest = fc.stringMatching(/^[01]{31}[0-9a-f]$/);
  fc.assert(
    fc.property(fc.array(digest, { maxLength: 200 }), digest, (list, asked) => {
      const set = setOf(list.map(one => text('md5', one)));
      assert.equal(set.count(), new Set(list).size);
      assert.equal(
        found(set, hits => set.matchDigest('md5', asked, hits)).length,
        list.includes(asked) ? 1 : 0,
      );
    }),
  );
});

test('the same indicator from two sources is two entries; from one source, one with the best of both', () => {
  const set = setOf([text('domain', 'bad.example')], { confidence: 40, until: seconds + 10 });
  assert.equal(set.add(text('domain', 'bad.example'), { ...facts, source: 1 }), true);
  assert.equal(
    set.add(text('domain', 'bad.example'), { ...facts, confidence: 80, until: seconds + 5 }),
    false,
  );
  const hits: Hit[] = [];
  set.matchName('bad.example', hits);
  assert.deepEqual(
    hits
      .map(hit => set.indicator(hit))
      .map(({ source, confidence, validUntil }) => [source, confidence, validUntil]),
    [
      ['a', 80, (seconds + 10) * 1000],
      ['b', 50, undefined],
    ],
  );
});

const someValues: readonly CheckedValue[] = [
  text('sha256', 'ab'.repeat(32)),
  text('sha1', 'cd'.repeat(20)),
  text('md5', 'ef'.repeat(16)),
  text('certificate_sha1', 'ab'.repeat(20)),
  text('domain', 'www.bad.example'),
  text('domain_tree', 'evil.example'),
  text('url', 'bad.example/a'),
  text('ja4', 't13d1516h2_8daaf6152771_b186095e22b6'),
  network('45.0.0.0/24'),
  network('2a00::1', 443),
];

test('a file gives back the same set, which can be added to', async context => {
  const bench = new Workbench(context);
  const set = setOf(someValues, { labels: ['坏', 'b'], description: '说明' });
  await writeIndicators(bench.path, set);
  assert.equal(statSync(bench.path).mode & 0o777, 0o600);
  const read = await bench.set();
  assert.deepEqual(
    [...read.hits()].map(hit => read.indicator(hit)),
    [...set.hits()].map(hit => set.indicator(hit)),
  );
  assert.deepEqual(read.sources, set.sources);
  assert.deepEqual(
    found(read, hits => read.matchAddress('2a00::1', 443, hits)),
    ['ipv6 2a00::1|443'],
  );
  for (let n = 0; n < 1_000; n++)
    read.add(text('domain', `n${n}.example`), { ...facts, description: `d${n % 7}` });
  assert.equal(read.count(), someValues.length + 1_000);
  for (let n = 0; n < 1_000; n++)
    assert.equal(found(read, hits => read.matchName(`n${n}.example`, hits)).length, 1);
  assert.deepEqual(
    found(read, hits => read.matchDigest('md5', 'ef'.repeat(16), hits)),
    [`md5 ${'ef'.repeat(16)}`],
  );
  assert.deepEqual(readdirSync(bench.folder), ['indicators'], 'no temporary file is left');
});

test('an empty set and no file at all', async context => {
  const bench = new Workbench(context);
  assert.equal(await readIndicators(bench.path), undefined);
  await writeIndicators(bench.path, new IndicatorSet());
  assert.equal((await bench.set()).count(), 0);
});

test('any damage of a file is found and named', async context => {
  const bench = new Workbench(context);
  await writeIndicators(bench.path, setOf(someValues));
  const whole = readFileSync(bench.path);
  const header = whole.readUInt32LE(8);
  const padding = (at: number): boolean => {
    // Bytes between two arrays belong to none of them.
    const parsed = JSON.parse(whole.toString('utf8', 16, 16 + header)) as {
      arrays: { offset: number; bytes: number }[];
    };
    const start = Math.ceil((16 + header) / 8) * 8;
    const isHeader = at < 16 + header;
    return (
      !isHeader &&
      !parsed.arrays.some(({ offset, bytes }) => at >= start + offset && at < start + offset + bytes)
    );
  };
  for (let at = 0; at < whole.length; at += 3) {
    if (padding(at)) continue;
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 0x10;
    writeFileSync(bench.path, damaged);
    await assert.rejects(readIndicators(bench.path), error => {
      assert.ok(error instanceof IndicatorFileError, `byte ${at}: ${String(error)}`);
      assert.match(
        error.message,
        /indicators: (?:not a file|the header|cut off|[\w.]+ at byte \d+ is damaged)/,
      );
      return true;
    });
  }
  for (const length of [0, 7, 15, 40, whole.length - 200]) {
    writeFileSync(bench.path, whole);
    truncateSync(bench.path, length);
    await assert.rejects(readIndicators(bench.path), IndicatorFileError);
  }
});
