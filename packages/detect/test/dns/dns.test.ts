/** The detectors of DNS: what they find, and what they must leave alone. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { DistinctCount } from '../../src/dns/distinct.ts';
import {
  BypassWatch,
  type DnsSighting,
  FluxWatch,
  GeneratedWatch,
  generatedFinding,
  NameModel,
  namePartsOf,
  parsePopularity,
  parsePublicResolvers,
  reputationOf,
  TunnelWatch,
  tunnelFinding,
} from '../../src/dns/index.ts';

const model = NameModel.load();
const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

function question(name: string, more: Partial<DnsSighting> = {}): DnsSighting {
  return { time: 1000, isAnswer: false, name, type: 'A', answers: [], asker: '7:1', ...more };
}

test('data in names is found, once, with its numbers; the same names over and over are not', () => {
  const watch = new TunnelWatch();
  const found = Array.from({ length: 300 }, (_, at) =>
    watch.see(question(`${digest(`${at}`).slice(0, 40)}.t.example.com`)),
  ).filter(one => one !== undefined);
  assert.equal(found.length, 1);
  assert.equal(found[0]?.domain, 'example.com');
  assert.ok((found[0]?.names ?? 0) >= 50);
  const finding = tunnelFinding(found[0] as NonNullable<(typeof found)[0]>, { now: 1 });
  assert.ok(finding.finding_info.attacks.some(({ technique }) => technique?.uid === 'T1071.004'));
  const calm = new TunnelWatch();
  for (let at = 0; at < 1000; at++)
    assert.equal(calm.see(question(`${digest(`${at % 10}`)}.cdn.example.net`)), undefined);
});

test('ordinary names, look-ups of addresses and reverse names are no tunnel', () => {
  const watch = new TunnelWatch();
  for (let at = 0; at < 500; at++) {
    assert.equal(watch.see(question(`host${at}.example.org`)), undefined);
    assert.equal(watch.see(question(`${at % 256}.${at % 7}.2.192.list.example.com`)), undefined);
    assert.equal(watch.see(question(`${[...digest(`${at}`)].slice(0, 32).join('.')}.ip6.arpa`)), undefined);
  }
});

test('a slow tunnel is found within the day; a few names a day are below every limit', () => {
  const every = (minutes: number): boolean => {
    const watch = new TunnelWatch();
    return Array.from({ length: 400 }, (_, at) =>
      watch.see(question(`${digest(`${at}`)}.example.com`, { time: at * minutes * 60_000 })),
    ).some(one => one !== undefined);
  };
  assert.deepEqual([2, 10, 20].map(every), [true, true, false]);
});

test('many made-up domains that do not exist are found; a few, or plain dead ones, are not', () => {
  const letters = (text: string): string =>
    [...digest(text)].map(digit => String.fromCharCode(97 + ((digit.charCodeAt(0) * 7) % 26))).join('');
  const answer = (name: string): DnsSighting => question(name, { isAnswer: true, rcode: 'NXDOMAIN' });
  const watch = new GeneratedWatch(model);
  const found = Array.from({ length: 40 }, (_, at) =>
    watch.see(answer(`${letters(`${at}`).slice(0, 16)}.com`)),
  ).filter(one => one !== undefined);
  assert.equal(found.length, 1);
  assert.ok(
    generatedFinding(found[0] as NonNullable<(typeof found)[0]>, { now: 1 }).redoubt.reasons.length >= 2,
  );
  const calm = new GeneratedWatch(model);
  const words = [
    'garden',
    'window',
    'library',
    'mountain',
    'kitchen',
    'bicycle',
    'harvest',
    'captain',
    'village',
    'station',
  ];
  for (const one of words)
    for (const two of words) assert.equal(calm.see(answer(`${one}${two}.org`)), undefined);
});

test('fast flux needs many networks and short times', () => {
  const at = (index: number, ttl: number): DnsSighting =>
    question('flux.example.com', {
      isAnswer: true,
      answers: [{ type: 'A', rdata: `${10 + index}.${index}.0.1`, ttl }],
    });
  const watch = new FluxWatch();
  assert.equal(
    Array.from({ length: 30 }, (_, index) => watch.see(at(index, 120))).filter(one => one !== undefined)
      .length,
    1,
  );
  const slow = new FluxWatch();
  for (let index = 0; index < 30; index++) assert.equal(slow.see(at(index, 86_400)), undefined);
  const near = new FluxWatch();
  for (let index = 0; index < 100; index++)
    assert.equal(
      near.see(
        question('cdn.example.com', {
          isAnswer: true,
          answers: [{ type: 'A', rdata: `192.0.2.${index}`, ttl: 30 }],
        }),
      ),
      undefined,
    );
});

test('going round the resolver', () => {
  const known = parsePublicResolvers('9.9.9.9 Quad9 # one\ndns.quad9.net Quad9\n');
  const watch = new BypassWatch(known, () => new Set(['192.0.2.53']));
  const see = (address: string, port: number, program = '/usr/bin/tool', serverName?: string) =>
    watch.see({
      time: 1,
      address,
      port,
      asker: '1:1',
      program,
      ...(serverName !== undefined && { serverName }),
    })?.how;
  assert.equal(see('192.0.2.53', 53), undefined);
  assert.equal(see('127.0.0.53', 53), undefined);
  assert.equal(see('9.9.9.9', 53), 'plain');
  assert.equal(see('9.9.9.9', 53, '/usr/sbin/unbound'), undefined);
  assert.equal(see('198.51.100.1', 853), 'tls');
  assert.equal(see('9.9.9.9', 443), 'https');
  assert.equal(see('198.51.100.1', 443), undefined);
  assert.equal(see('198.51.100.1', 443, '/usr/bin/tool', 'DNS.quad9.net'), 'https');
});

test('reputation is the sum of its reasons', () => {
  const now = 100 * 86_400_000;
  const bad = reputationOf('xqzvkjwpqhtrb.com', {}, model, now);
  const good = reputationOf('www.debian.org', { firstSeen: 0, rank: 5 }, model, now);
  assert.ok(bad.score > 40 && good.score === 0, `${bad.score} ${good.score}`);
  for (const { score, reasons } of [bad, good]) {
    const sum = reasons.reduce((total, { points }) => total + points, 0);
    assert.equal(score, Math.min(Math.max(sum, 0), 100));
  }
  assert.equal(
    reputationOf('x.example.co.uk', { blockedBy: 'a list' }, model, now).registered,
    'example.co.uk',
  );
  assert.deepEqual(
    [...parsePopularity('1,a.test\n2,b.test\n')],
    [
      ['a.test', 1],
      ['b.test', 2],
    ],
  );
  assert.equal(parsePopularity('a.test\nb.test').get('b.test'), 2);
});

test('no name makes the shape of names throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.domain()), name => {
      const { registered, label } = namePartsOf(name);
      assert.equal(typeof registered, 'string');
      model.looksGenerated(label);
      reputationOf(name, {}, model, 0);
    }),
  );
});

test('different things are counted to a few percent', () => {
  for (const number of [0, 1, 10, 100, 1000, 50_000]) {
    const count = new DistinctCount();
    for (let at = 0; at < number; at++) {
      count.add(`name-${at}`);
      count.add(`name-${at}`);
    }
    assert.ok(
      Math.abs(count.estimate() - number) <= Math.max(number * 0.2, 1),
      `${count.estimate()} for ${number}`,
    );
  }
});
