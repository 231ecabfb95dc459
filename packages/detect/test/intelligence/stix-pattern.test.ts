/** The STIX pattern language: what becomes indicators and what is refused by name. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { indicatorsOfPattern } from '../../src/intelligence/read/stix-pattern/reduce.ts';
import { PatternError } from '../../src/intelligence/read/stix-pattern/tokens.ts';

const brief = (pattern: string): string =>
  indicatorsOfPattern(pattern)
    .candidates.map(({ kind, value, port }) => `${kind} ${value}${port === undefined ? '' : `:${port}`}`)
    .join(', ');

test('patterns that a look-up can honour', () => {
  const rows: readonly (readonly [string, string])[] = [
    ["[file:hashes.'SHA-256' = 'ab']", 'sha256 ab'],
    ["[file:hashes.MD5='a' OR file:hashes.'SHA-1'='b']", 'md5 a, sha1 b'],
    ["[file:hashes.MD5 = 'a' AND file:hashes.'SHA-1' = 'b']", 'md5 a, sha1 b'],
    ["[file:name = 'x.exe' AND file:hashes.MD5 = 'a']", 'md5 a'],
    ["[ipv4-addr:value IN ('45.0.0.1', '45.0.0.2')]", 'address 45.0.0.1, address 45.0.0.2'],
    ["[ipv4-addr:value ISSUBSET '45.0.0.0/24']", 'address 45.0.0.0/24'],
    ["[ipv6-addr:value = '2a00::1']", 'address 2a00::1'],
    ["[domain-name:value = 'it\\'s.example']", "domain it's.example"],
    ["[url:value = 'http://bad.example/a']", 'url http://bad.example/a'],
    ["[url:value LIKE 'http://bad.example/drop/%']", 'url http://bad.example/drop/'],
    ["[domain-name:value LIKE 'bad.example']", 'domain bad.example'],
    [
      "[network-traffic:dst_ref.value = '45.0.0.1' AND network-traffic:dst_port = 443]",
      'address 45.0.0.1:443',
    ],
    [
      "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '45.0.0.1' AND network-traffic:dst_port IN (80, 443) AND network-traffic:protocols[*] = 'tcp']",
      'address 45.0.0.1:80, address 45.0.0.1:443',
    ],
    ["[network-traffic:extensions.'tls-ext'.ja4 = 't13d']", 'ja4 t13d'],
    ["[network-traffic:extensions.'x'.ja3_hash = 'aa']", 'ja3 aa'],
    ["[x509-certificate:hashes.'SHA-1' = 'ab']", 'certificate_sha1 ab'],
    ["[url:value = 'a'] OR [domain-name:value = 'b']", 'url a, domain b'],
    ["([url:value = 'a'] OR ([url:value = 'b']))", 'url a, url b'],
    ["[(file:hashes.MD5 = 'a' OR file:hashes.MD5 = 'b') AND file:size = 5]", 'md5 a, md5 b'],
  ];
  for (const [pattern, expected] of rows) assert.equal(brief(pattern), expected, pattern);
});

test('what a look-up cannot honour is refused by name', () => {
  const rows: readonly (readonly [string, RegExp])[] = [
    ["[url:value MATCHES '^http']", /url:value MATCHES cannot be looked up/],
    [
      "[domain-name:value LIKE '%.bad.example']",
      /domain-name:value LIKE '%\.bad\.example' cannot be looked up: a wildcard/,
    ],
    ["[ipv4-addr:value != '45.0.0.1']", /ipv4-addr:value != cannot be looked up/],
    ["[ipv4-addr:value NOT = '45.0.0.1']", /NOT = cannot be looked up/],
    ["[file:name = 'x']", /nothing here can be looked up: file:name/],
    ['[EXISTS file:hashes.MD5]', /EXISTS cannot be looked up/],
    ["[file:hashes.MD5 = 'a' AND file:name != 'b']", /file:hashes\.MD5 AND file:name/],
    ["[domain-name:value = 'a' AND url:value = 'b']", /domain-name:value AND url:value: two things at once/],
    ["[domain-name:value = 'a' AND network-traffic:dst_port = 80]", /a port counts only with one address/],
    ["[url:value = 'a'] AND [url:value = 'b']", /joined by AND/],
    ["[url:value = 'a'] FOLLOWEDBY [url:value = 'b']", /joined by FOLLOWEDBY/],
    ["[url:value = 'a'] REPEATS 5 TIMES", /REPEATS 5 TIMES cannot be looked up/],
    ["[url:value = 'a'", /ends where "]" should stand/],
    ["[url:value 'a']", /"a" where an operator should stand at character 12/],
    ["[url:value = h'00']", /binary and hexadecimal/],
    ["[url:value = 'a] ", /a text that does not end at character 14/],
    [`${'('.repeat(100)}[url:value = 'a']${')'.repeat(100)}`, /nested more than 64 deep/],
    ['x'.repeat(70_000), /longer than 65536/],
    ['', /the pattern ends where "\["/],
    ["[url:value = 'a'] extra", /"extra" after the pattern's end/],
  ];
  for (const [pattern, reason] of rows)
    assert.throws(() => indicatorsOfPattern(pattern), { name: 'PatternError', message: reason }, pattern);
  const list = new Array(10_001).fill("'a'").join(',');
  assert.throws(() => indicatorsOfPattern(`[url:value IN (${list})]`), /more than 10000 alternatives/);
});

test('alternatives that multiply over a long conjunction are bounded', () => {
  const either = new Array(12).fill("(file:hashes.MD5 = 'a' OR file:hashes.MD5 = 'b')");
  const single = new Array(1_500).fill("file:hashes.MD5 = 'c'");
  assert.throws(
    () => indicatorsOfPattern(`[${[...either, ...single].join(' AND ')}]`),
    /more than 100000 comparisons in all alternatives/,
  );
  assert.equal(indicatorsOfPattern(`[${single.join(' AND ')}]`).candidates.length, 1_500);
});

test('qualifiers: a period limits the validity, WITHIN is noted', () => {
  const { candidates, notes } = indicatorsOfPattern(
    "[url:value = 'a'] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z' WITHIN 5 SECONDS REPEATS 1 TIMES",
  );
  assert.equal(candidates[0]?.validFrom, Date.UTC(2026, 0, 1));
  assert.equal(candidates[0]?.validUntil, Date.UTC(2026, 1, 1));
  assert.match(notes[0] ?? '', /WITHIN 5 SECONDS/);
  const period = (from: string, to: string) => `START t'2026-${from}T00:00:00Z' STOP t'2026-${to}T00:00:00Z'`;
  const nested = `([url:value = 'a'] ${period('01-10', '03-01')} OR [url:value = 'b']) ${period('01-01', '02-01')}`;
  assert.deepEqual(
    indicatorsOfPattern(nested).candidates.map(({ validFrom, validUntil }) => [validFrom, validUntil]),
    [
      [Date.UTC(2026, 0, 10), Date.UTC(2026, 1, 1)],
      [Date.UTC(2026, 0, 1), Date.UTC(2026, 1, 1)],
    ],
  );
});

test('any text is a pattern or refused with a reason', () => {
  const words = [
    '[',
    ']',
    '(',
    ')',
    ' AND ',
    ' OR ',
    'file:hashes.MD5',
    'url:value',
    'ipv4-addr:value',
    'network-traffic:dst_port',
    ' = ',
    ' IN ',
    ' LIKE ',
    ' NOT ',
    "'a'",
    "'b%'",
    '5',
    ',',
    "t'2026-01-01T00:00:00Z'",
    ' FOLLOWEDBY ',
    ' START ',
    ' WITHIN 5 SECONDS',
    'EXISTS ',
    '\\',
  ];
  const pattern = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom(...words), { maxLength: 20 }).map(all => all.join('')),
  );
  fc.assert(
    fc.property(pattern, text => {
      try {
        for (const { value } of indicatorsOfPattern(text).candidates) assert.equal(typeof value, 'string');
      } catch (error) {
        assert.ok(error instanceof PatternError && error.message !== '', String(error));
      }
    }),
    { numRuns: 5_000 },
  );
});
