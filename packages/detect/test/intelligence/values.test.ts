/** What a value is, how it is normalised, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Candidate } from '../../src/intelligence/kinds.ts';
import { addressWords, networkOf, networkText } from '../../src/intelligence/value/address.ts';
import { type CheckPolicy, checkCandidate } from '../../src/intelligence/value/check.ts';
import { refang } from '../../src/intelligence/value/defang.ts';
import { digestText, readDigest } from '../../src/intelligence/value/digest.ts';
import { kindOfForm } from '../../src/intelligence/value/guess.ts';
import { comparableName } from '../../src/intelligence/value/name.ts';
import { parseAddress } from '../../src/sigma/match/network.ts';

const foreign: CheckPolicy = { local: false, subdomains: undefined };
const local = { local: true, subdomains: undefined };
const check = (value: string, kind?: Candidate['kind'], policy = foreign) =>
  checkCandidate({ kind, value }, policy);

/** The kind and key of a value, or why it is refused. */
function said(value: string, kind?: Candidate['kind'], policy: CheckPolicy = foreign): string {
  const checked = check(value, kind, policy);
  if ('refused' in checked) return `refused: ${checked.refused}`;
  if ('text' in checked) return `${checked.kind} ${checked.text}`;
  return `${checked.kind} ${networkText(checked.words, checked.prefix)}${checked.port === 0 ? '' : ` ${checked.port}`}`;
}

test('values are judged by their form, defanged ones too', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['0123456789abcdef0123456789ABCDEF', 'md5 0123456789abcdef0123456789abcdef'],
    ['45.0.0.1', 'ipv4 45.0.0.1'],
    ['45[.]0[.]0[.]1', 'ipv4 45.0.0.1'],
    ['45.0.0.1:8443', 'ipv4 45.0.0.1 8443'],
    ['45.0.0.77/24', 'ipv4 45.0.0.0/24'],
    ['::ffff:45.0.0.1', 'ipv4 45.0.0.1'],
    ['2a00:1::9', 'ipv6 2a00:1::9'],
    ['[2a00:1::9]:443', 'ipv6 2a00:1::9 443'],
    ['BAD.example.', 'domain_tree bad.example'],
    ['www.bad.example', 'domain www.bad.example'],
    ['*.www.bad.example', 'domain_tree www.bad.example'],
    ['www[.]bad(dot)example', 'domain www.bad.example'],
    ['bücher.example', 'domain_tree xn--bcher-kva.example'],
    ['坏.example', 'domain_tree xn--7es.example'],
    ['hxxps://Bad[.]example:443/a/../b?x=1#y', 'url bad.example/b?x=1'],
    ['hxxp[:]//bad[.]example/a', 'url bad.example/a'],
    ['http://user:pw@bad.example:8080/a', 'url bad.example:8080/a'],
    ['bad.example/path', 'url bad.example/path'],
    ['t13d1516h2_8daaf6152771_b186095e22b6', 'ja4 t13d1516h2_8daaf6152771_b186095e22b6'],
  ];
  for (const [value, expected] of rows) assert.equal(said(value), expected, value);
});

test('what cannot be an indicator is refused with the reason', () => {
  const rows: readonly (readonly [string, RegExp])[] = [
    ['', /empty/],
    ['hello', /neither a digest/],
    ['10.1.2.3', /private \(RFC 1918\)/],
    ['127.0.0.1', /loopback/],
    ['169.254.1.1', /link-local/],
    ['192.0.2.1', /documentation/],
    ['2001:db8::1', /documentation/],
    ['fe80::1', /link-local/],
    ['8.0.0.0/6', /wider than \/8/],
    ['10.0.0.0/8', /private/],
    ['172.0.0.0/8', /private/],
    ['co.uk', /public suffix/],
    ['github.io', /public suffix/],
    ['com', /neither a digest/],
    ['printer.local', /local networks/],
    ['http://192.168.0.1/x', /private/],
    ['http://intranet/x', /local network/],
    ['ftp+x://bad.example/', /not a URL/],
    ['d41d8cd98f00b204e9800998ecf8427e', /empty file/],
    ['0'.repeat(64), /repeated digit/],
  ];
  for (const [value, reason] of rows) assert.match(said(value), reason, value);
  assert.match(said('com', 'domain'), /local networks|public suffix/);
  assert.match(said('abc', 'sha256'), /not 64 hexadecimal digits/);
  assert.match(said('45.0.0.1', 'domain'), /IP address where a domain/);
  assert.match(said('x'.repeat(9_000), 'domain'), /longer than/);
});

test('a source that speaks of this network may name private addresses and local names', () => {
  assert.equal(said('10.1.2.3', undefined, local), 'ipv4 10.1.2.3');
  assert.equal(said('printer.local', undefined, local), 'domain_tree printer.local');
  assert.equal(said('http://192.168.0.1/x', undefined, local), 'url 192.168.0.1/x');
  assert.match(said('co.uk', undefined, local), /public suffix/);
});

test('whether a domain stands for what lies below it can be set by source and by feed', () => {
  const all = { local: false, subdomains: true };
  assert.equal(said('www.bad.example', 'domain', all), 'domain_tree www.bad.example');
  assert.deepEqual(checkCandidate({ kind: 'domain', value: 'bad.example', subdomains: false }, all), {
    kind: 'domain',
    text: 'bad.example',
  });
});

test('addresses: text to words and back, as the Sigma engine reads them', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), text => {
      const words = addressWords(text);
      const parts = parseAddress(text);
      assert.ok(words !== undefined && parts !== undefined, text);
      const wide = words.length === 1 ? [0, 0, 0xffff, words[0] ?? 0] : words;
      assert.deepEqual(
        wide.flatMap(word => [word >>> 16, word & 0xffff]),
        parts,
        text,
      );
      assert.deepEqual(addressWords(networkText(words, words.length * 32)), words);
    }),
  );
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f:.%/]{0,40}$/)), text => {
      const words = addressWords(text);
      // What is an address here is one there; leading zeros apart, which are refused here.
      if (words !== undefined) assert.ok(parseAddress(text) !== undefined, text);
      else if (!/(?:^|[.:])0\d/.test(text)) assert.equal(parseAddress(text), undefined, text);
    }),
    { numRuns: 2_000 },
  );
});

test('networks keep no bit below the prefix', () => {
  fc.assert(
    fc.property(fc.ipV6(), fc.integer({ min: 33, max: 128 }), (address, prefix) => {
      const network = networkOf(`${address}/${prefix}`);
      if (network === undefined || network.words.length === 1) return;
      assert.deepEqual(networkOf(networkText(network.words, network.prefix)), network);
    }),
  );
  assert.equal(networkOf('45.0.0.1/33'), undefined);
  assert.equal(networkOf('::1/129'), undefined);
});

test('digests: text to words and back', () => {
  const words = new Uint32Array(8);
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9a-fA-F]{64}$/), text => {
      assert.ok(readDigest(text, words));
      assert.equal(digestText(words), text.toLowerCase());
    }),
  );
  assert.equal(readDigest('g'.repeat(64), words), false);
  assert.equal(readDigest(`${'0'.repeat(63)}\u0130`, words), false);
});

test('any text is taken or refused, and what is taken comes out the same a second time', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.webUrl({ withFragments: true, withQueryParameters: true }),
    fc.domain(),
    fc.stringMatching(/^[\w.:/[\]()@%-]{0,60}$/),
  );
  const kinds = fc.constantFrom(
    undefined,
    'address',
    'domain',
    'url',
    'md5',
    'ja4',
    'certificate_sha1',
  ) as fc.Arbitrary<Candidate['kind']>;
  fc.assert(
    fc.property(texts, kinds, (value, kind) => {
      const checked = check(value, kind);
      if ('refused' in checked) return assert.ok(checked.refused.length > 0);
      if (!('text' in checked)) return;
      assert.match(checked.text, /^[\x21-\x7e]+$/);
      const again = check(checked.text, checked.kind === 'domain_tree' ? 'domain' : checked.kind);
      assert.ok('text' in again && again.text === checked.text, `${value}: ${checked.text}`);
    }),
    { numRuns: 3_000 },
  );
});

test('the form of a long hostile value is judged in one pass', () => {
  for (const piece of ['1.', 'a.', '.', '1:', '[.', 'a[.]', '/', ' .', '%'])
    assert.ok('refused' in check(piece.repeat(30_000)), piece);
  assert.equal(kindOfForm('1.'.repeat(4_000)), undefined);
  assert.equal(kindOfForm(`${'1.'.repeat(4_000)}a/`), 'url');
});

test('refang leaves plain values as they are', () => {
  for (const text of [
    'http://bad.example/a',
    'bad.example',
    '45.0.0.1',
    'hxy.example',
    'http://bad.example/?q=(x)',
  ])
    assert.equal(refang(text), text);
  assert.equal(refang(' hXXp://1[.]2[.]3[.]4/ '), 'http://1.2.3.4/');
  assert.equal(refang('bad[dot]example'), 'bad.example');
  assert.equal(refang('bad\\.example'), 'bad.example');
  assert.equal(kindOfForm('no spaces here'), undefined);
});

test('names longer than the DNS allows are none', () => {
  assert.equal(comparableName(`${'a'.repeat(64)}.example`), undefined);
  assert.equal(comparableName(`${'a.'.repeat(127)}example`), undefined);
  assert.equal(comparableName('a..example'), undefined);
});
