/** Lists, CSV, STIX and MISP: what is taken, what is refused and where, and what hostile input does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FeedDamage } from '../../src/intelligence/kinds.ts';
import { type CsvOptions, readCsv } from '../../src/intelligence/read/csv.ts';
import { readJsonElements } from '../../src/intelligence/read/json-elements.ts';
import { readMisp } from '../../src/intelligence/read/misp.ts';
import { readHosts, readPlain } from '../../src/intelligence/read/plain.ts';
import { readStix } from '../../src/intelligence/read/stix.ts';
import { Gathered, now, pieces } from './support.ts';

async function gather(read: (sink: Gathered) => Promise<void>): Promise<Gathered> {
  const sink = new Gathered();
  await read(sink);
  return sink;
}

test('plain lists: comments, quotes, types, and lines that hold more than one value', async () => {
  const text = [
    '\ufeff# a list',
    '45.0.0.1 # why',
    '',
    '// not a value',
    '"bad.example",',
    'domain www.bad.example',
    'one two three',
    'http://bad.example/a#b',
    '45.0.0.2\r',
  ].join('\n');
  const { taken, refused } = await gather(sink => readPlain(pieces(text, 7), sink));
  assert.deepEqual(
    taken.map(({ kind, value }) => [kind, value]),
    [
      [undefined, '45.0.0.1'],
      [undefined, 'bad.example'],
      ['domain', 'www.bad.example'],
      [undefined, 'http://bad.example/a#b'],
      [undefined, '45.0.0.2'],
    ],
  );
  assert.deepEqual(
    refused.map(({ at }) => at),
    [7],
  );
});

test('a line that is too long is refused with its number, and the next ones are read', async () => {
  const text = `a.example\n${'x'.repeat(200_000)}\nb.example`;
  const { taken, refused } = await gather(sink => readPlain(pieces(text, 1_000), sink));
  assert.deepEqual(
    taken.map(({ value }) => value),
    ['a.example', 'b.example'],
  );
  assert.deepEqual(
    refused.map(({ at, reason }) => [at, reason]),
    [[2, 'a line longer than 65536 characters']],
  );
});

test('hosts files: blocked names only', async () => {
  const text =
    '127.0.0.1 localhost\n::1 ip6-localhost\n0.0.0.0 bad.example www.bad.example # two\n45.0.0.1 real.example\nx y\n0.0.0.0\n';
  const { taken, refused, ignored } = await gather(sink => readHosts(pieces(text), sink));
  assert.deepEqual(taken, [
    { kind: 'domain', value: 'bad.example', subdomains: false },
    { kind: 'domain', value: 'www.bad.example', subdomains: false },
  ]);
  assert.deepEqual(
    refused.map(({ at }) => at),
    [4, 5, 6],
  );
  assert.equal(ignored.length, 2);
});

test('CSV: quoted fields, delimiters, roles by name and by number, headers in a comment', async () => {
  const read = (text: string, options?: CsvOptions) =>
    gather(sink => readCsv(pieces(text, 5), sink, options));
  const named = await read(
    'ioc_type;ioc_value;confidence_level;tags;first_seen\nip:port;45.0.0.1:443;75;"a, b";2026-01-02 03:04:05\nfoo;x;1;;\n',
  );
  assert.deepEqual(named.taken, [
    {
      kind: 'address',
      value: '45.0.0.1:443',
      port: undefined,
      confidence: 75,
      labels: ['a', 'b'],
      description: undefined,
      validFrom: Date.UTC(2026, 0, 2, 3, 4, 5),
      validUntil: undefined,
    },
  ]);
  assert.deepEqual(named.refused, [{ reason: 'unknown type "foo"', at: 3, text: 'x' }]);

  const commented = await read(
    '# "date","url","comment"\n# more\n"x","http://bad.example/a","two\nlines ""q"""\n"y","",""\n',
  );
  assert.equal(commented.taken[0]?.value, 'http://bad.example/a');
  assert.equal(commented.taken[0]?.description, 'two\nlines "q"');
  assert.deepEqual(commented.refused[0]?.at, 5);

  const numbered = await read('x|45.0.0.1\ny|45.0.0.2\n', { header: false, columns: { value: 2 } });
  assert.deepEqual(
    numbered.taken.map(({ value }) => value),
    ['45.0.0.1', '45.0.0.2'],
  );
  await assert.rejects(read('a,b\n1,2\n'), /line 1: no column with values among: a, b/);
  await assert.rejects(read('value\n"open\n'), /line 2: the file ends within quotes/);
  await assert.rejects(read('a,b\n1,2\n', { columns: { value: 'c' } }), FeedDamage);
});

const indicator = (pattern: string, more: object = {}) => ({
  type: 'indicator',
  spec_version: '2.1',
  id: 'indicator--00000000-0000-4000-8000-000000000001',
  pattern,
  pattern_type: 'stix',
  valid_from: '2026-01-01T00:00:00Z',
  ...more,
});
const bundle = (...objects: object[]) => JSON.stringify({ type: 'bundle', id: 'bundle--1', objects });

test('STIX: indicators with all that is said of them', async () => {
  const text = bundle(
    { type: 'malware', name: '} ] " \\' },
    indicator("[file:hashes.'SHA-256' = 'aa']", {
      name: 'Loader',
      confidence: 90,
      indicator_types: ['malicious-activity'],
      labels: ['x'],
      valid_until: '2027-01-01T00:00:00Z',
      kill_chain_phases: [
        { kill_chain_name: 'mitre-attack', phase_name: 'command-and-control' },
        { kill_chain_name: 'lockheed-martin-cyber-kill-chain', phase_name: 'delivery' },
        { kill_chain_name: 'own', phase_name: 'p' },
      ],
      external_references: [{ source_name: 'mitre-attack', external_id: 'T1071.001' }],
    }),
    indicator("[domain-name:value = 'bad.example']", { revoked: true }),
    indicator('rule x {}', { pattern_type: 'yara' }),
  );
  for (const size of [1, 13, 65_536]) {
    const { taken, withdrawn, refused, ignored } = await gather(sink => readStix(pieces(text, size), sink));
    assert.deepEqual(taken, [
      {
        kind: 'sha256',
        value: 'aa',
        port: undefined,
        subdomains: undefined,
        confidence: 90,
        labels: [
          'malicious-activity',
          'x',
          'attack.command-and-control',
          'attack.initial-access',
          'own:p',
          'attack.t1071.001',
        ],
        description: 'Loader',
        validFrom: Date.UTC(2026, 0, 1),
        validUntil: Date.UTC(2027, 0, 1),
      },
    ]);
    assert.equal(withdrawn[0]?.value, 'bad.example');
    assert.match(refused[0]?.reason ?? '', /a pattern in yara/);
    assert.deepEqual(ignored, ['malware']);
  }
});

test('STIX: a bundle that is cut off, no JSON, or without objects is refused with the place', async () => {
  const text = bundle(
    indicator("[ipv4-addr:value = '45.0.0.1']"),
    indicator("[ipv4-addr:value = '45.0.0.2']"),
  );
  const read = (part: string | Uint8Array) => gather(sink => readStix(pieces(part), sink));
  await assert.rejects(read(text.slice(0, -30)), /byte \d+: cut off after 1 whole objects/);
  await assert.rejects(read('<html>'), /byte 0: not JSON/);
  await assert.rejects(read(''), /empty/);
  await assert.rejects(read('{"type":"bundle"}'), /no member "objects"/);
  await assert.rejects(read('{"objects":[{"type":"indicator",}]}'), /object 1 at byte 12/);
  await assert.rejects(read(`{"objects":[${'['.repeat(500)}`), /nested more than 128 deep/);
  await assert.rejects(read('{"objects":[}'), /closes nothing/);
});

test('MISP: attributes and objects, composites, to_ids, tags and decay', async () => {
  const attribute = (type: string, value: string, more: object = {}) => ({
    type,
    value,
    to_ids: true,
    timestamp: String(now / 1000),
    ...more,
  });
  const event = {
    uuid: 'u',
    info: 'Campaign',
    date: '2026-05-01',
    Attribute: [
      attribute('ip-dst|port', '45.0.0.1|8080'),
      attribute('hostname', 'www.bad.example', { comment: 'panel' }),
      attribute('domain|ip', 'bad.example|45.0.0.2'),
      attribute('filename|sha256', 'x.bin|ab', {
        Tag: [{ name: 'misp-galaxy:mitre-attack-pattern="Web Protocols - T1071.001"' }],
      }),
      attribute('ip-dst', '45.0.0.3', { to_ids: false }),
      attribute('ip-dst', '45.0.0.4', { deleted: true }),
      attribute('mutex', 'm'),
    ],
    Object: [{ name: 'file', Attribute: [attribute('md5', 'cd')] }],
    Tag: [{ name: 'tlp:green' }, { name: 'estimative-language:confidence-in-analytic-judgment="high"' }],
  };
  for (const text of [{ Event: event }, { response: [{ Event: event }] }, [{ Event: event }], [event]].map(
    value => JSON.stringify(value),
  )) {
    const { taken, refused, ignored } = await gather(sink => readMisp(pieces(text, 100), sink));
    assert.deepEqual(
      taken.map(({ kind, value, port, subdomains }) => [kind, value, port, subdomains]),
      [
        ['address', '45.0.0.1', 8080, undefined],
        ['domain', 'www.bad.example', undefined, false],
        ['domain', 'bad.example', undefined, true],
        ['address', '45.0.0.2', undefined, undefined],
        ['sha256', 'ab', undefined, undefined],
        ['md5', 'cd', undefined, undefined],
      ],
    );
    assert.equal(taken[0]?.confidence, 85);
    assert.equal(taken[0]?.description, 'Campaign');
    assert.equal(taken[1]?.description, 'panel');
    assert.equal(taken[0]?.validUntil, now + 120 * 86_400_000);
    assert.equal(taken[5]?.validUntil, undefined);
    assert.ok(taken[4]?.labels?.includes('attack.t1071.001'));
    assert.deepEqual(refused, [{ reason: 'the type "mutex" cannot be looked up', at: 7, text: 'm' }]);
    assert.deepEqual(ignored, ['attribute without to_ids', 'deleted attribute']);
  }
});

test('JSON elements: the same objects however the bytes come', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 6 }),
      fc.jsonValue(),
      fc.integer({ min: 1, max: 40 }),
      async (objects, other, size) => {
        const text = JSON.stringify({ other, '"objects"': [{ a: 1 }], objects, last: other });
        const found: unknown[] = [];
        const options = { members: ['objects'], elementBytes: 1_000_000 };
        await readJsonElements(pieces(text, size), options, value => found.push(value));
        assert.deepEqual(found, JSON.parse(JSON.stringify(objects)));
      },
    ),
  );
});

test('any bytes end in indicators, refusals or damage with a place, never otherwise', async () => {
  const valid = [
    bundle(indicator("[file:hashes.MD5 = 'aa' OR url:value LIKE 'b%']")),
    JSON.stringify({ Event: { Attribute: [{ type: 'ip-dst|port', value: '1|2', to_ids: true }] } }),
    'type,value\nip,"45.0.0.1"\n',
    '0.0.0.0 bad.example # x\n',
  ];
  const mutated = fc
    .tuple(fc.constantFrom(...valid), fc.nat(200), fc.uint8Array({ maxLength: 6 }), fc.nat(8))
    .map(([text, at, insert, drop]) =>
      Buffer.concat([Buffer.from(text.slice(0, at)), insert, Buffer.from(text.slice(at + drop))]),
    );
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(mutated, fc.uint8Array()),
      fc.integer({ min: 1, max: 300 }),
      async (bytes, size) => {
        for (const read of [readStix, readMisp, readCsv, readPlain, readHosts]) {
          const sink = new Gathered();
          try {
            await read(pieces(bytes, size), sink);
          } catch (error) {
            assert.ok(error instanceof FeedDamage, `${read.name}: ${(error as Error).stack}`);
            assert.match(error.message, /^(?:byte|line|object) \d+/);
          }
          for (const { reason, at } of sink.refused) assert.ok(reason !== '' && at >= 1);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});
