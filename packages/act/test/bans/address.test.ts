/** Addresses: one way to write each, and nothing else is one. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { AllowList } from '../../src/address/allow-list.ts';
import { gatewaysOf, resolversOf } from '../../src/address/neighbours.ts';
import { canonicalAddress, parseNetwork, subjectOf } from '../../src/bans/index.ts';

test('an address has one way to be written; an IPv6 address counts as its /64', () => {
  assert.equal(subjectOf('192.0.2.7'), '192.0.2.7');
  assert.equal(subjectOf('::ffff:192.0.2.7'), '192.0.2.7');
  assert.equal(subjectOf('::FFFF:c000:0207'), '192.0.2.7');
  assert.equal(subjectOf('2001:DB8:0:1:0:0:0:7'), '2001:db8:0:1::/64');
  assert.equal(canonicalAddress('2001:db8:0:0:1:0:0:1'), '2001:db8::1:0:0:1');
  assert.equal(parseNetwork('192.0.2.77/24')?.text, '192.0.2.0/24');
  assert.equal(parseNetwork('2001:db8:1:2:3::/48')?.text, '2001:db8:1::/48');
});

test('look-alikes are no addresses', () => {
  for (const text of [
    '1.2.3.4.evil.com',
    '1.2.3',
    '16909060',
    '0x1020304',
    '01.02.03.04',
    '0300.0250.1.1',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '1.2.3.4\n',
    '１.2.3.4',
    '1.2.3.256',
    'fe80::1%eth0',
    '::ffff:1.2.3.4/120',
    '1.2.3.4/33',
    '1.2.3.4/08',
    '1.2.3.4/8/8',
    '[::1]',
    '',
    '\u001b[31m1.2.3.4',
    '::1.2.3.4.5',
  ])
    assert.equal(parseNetwork(text), undefined, JSON.stringify(text));
});

test('every address comes back from its canonical form, and any text is taken or refused', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), text => {
      const canonical = canonicalAddress(text);
      if (canonical === undefined) return;
      assert.equal(canonicalAddress(canonical), canonical);
      const network = parseNetwork(canonical);
      assert.ok(network !== undefined && network.first === network.last);
      const subject = parseNetwork(subjectOf(text) ?? '');
      assert.ok(subject !== undefined && subject.first <= network.first && network.last <= subject.last);
    }),
  );
});

test('never banned: loopback, this host, who is signed in, the allow-list, and networks that are too large', () => {
  const list = new AllowList({
    networks: ['198.51.100.0/24', '2001:db8:ff::/48'],
    sessions: () => ['203.0.113.5', '2001:db8:5:6::9'],
    own: () => ['192.0.2.1'],
    needed: () => ['192.0.2.254', 'fe80::1'],
  });
  const may = (text: string): boolean => {
    const network = parseNetwork(text);
    assert.ok(network, text);
    return list.objection(network) === undefined;
  };
  for (const text of [
    '127.0.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '239.1.1.1',
    '::1',
    '::/64',
    'fe80::/64',
    '64:ff9b::/64',
    '198.51.100.9',
    '198.51.0.0/16',
    '2001:db8:ff:1::/64',
    '203.0.113.5',
    '203.0.113.0/24',
    '2001:db8:5:6::/64',
    '192.0.2.1',
    '192.0.2.254',
    '10.0.0.0/15',
    '2001:db8::/47',
    '0.0.0.0/0',
  ])
    assert.ok(!may(text), text);
  for (const text of ['203.0.113.6', '2001:db8:5:7::/64', '10.0.0.0/16', '2001:db8:1::/48'])
    assert.ok(may(text), text);
});

test('routers and resolvers are read as the kernel and resolv.conf name them', context => {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-neighbours-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'net'));
  writeFileSync(
    join(folder, 'net/route'),
    'Iface\tDestination\tGateway \tFlags\neth0\t00000000\tFE0200C0\t0003\neth0\t000200C0\t00000000\t0001\n',
  );
  const none = '0'.repeat(32);
  writeFileSync(
    join(folder, 'net/ipv6_route'),
    `${none} 00 ${none} 00 20010db8000000000000000000000fff 00000400 1 0 00000003 eth0\n${none} 00 ${none} 00 ${none} ffffffff 1 0 00200200 lo\n`,
  );
  assert.deepEqual(gatewaysOf(folder), ['192.0.2.254', '2001:db8::fff']);
  assert.deepEqual(gatewaysOf(join(folder, 'absent')), []);
  const file = join(folder, 'resolv.conf');
  writeFileSync(
    file,
    'nameserver 192.0.2.53\nnameserver 127.0.0.53\n nameserver fe80::53%eth0\nnameserver x\n',
  );
  assert.deepEqual(resolversOf([file]), ['192.0.2.53', 'fe80::53']);
});
