/** Who gets in, from real rules as nft lists them; what is wrong with listeners and with sshd's settings. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { effectiveScope, issuesOf, ReachJudge, serviceOf, sshdIssues } from '../../src/exposure/index.ts';
import type { NftObject } from '../../src/nftables/index.ts';
import { testNetwork } from '../support/network.ts';

test('rules of a host are read: ports, sets, chains, states; what is not certain is "some"', async context => {
  const [host] = testNetwork(context, 1);
  assert.ok(host);
  const judgeOf = (...commands: readonly string[]): ReachJudge => {
    host.run('nft', `flush ruleset; ${commands.join('; ')}`);
    const { nftables } = JSON.parse(host.run('nft', '--json', 'list', 'ruleset')) as {
      nftables: NftObject[];
    };
    return new ReachJudge(nftables);
  };
  const base = 'add table inet f; add chain inet f in { type filter hook input priority 0; policy drop; }';
  const reach = (judge: ReachJudge, port: number, family: 4 | 6 = 4, protocol: 'tcp' | 'udp' = 'tcp') =>
    judge.reach({ family, protocol, port });

  assert.equal(reach(judgeOf(), 22), 'open', 'no rules');
  assert.equal(reach(judgeOf(base), 22), 'closed');
  const usual = judgeOf(
    base,
    'add rule inet f in iifname lo accept',
    'add rule inet f in ct state established,related accept',
    'add rule inet f in tcp dport { 80, 443, 8000-8010 } accept',
    'add rule inet f in ip saddr 10.0.0.0/8 tcp dport 22 accept',
    'add rule inet f in udp dport != 53 drop',
    'add rule inet f in meta l4proto udp accept',
  );
  assert.deepEqual(
    [80, 8005, 8011, 22, 5432].map(port => reach(usual, port)),
    ['open', 'open', 'closed', 'some', 'closed'],
  );
  assert.equal(reach(usual, 22, 6), 'closed', 'the rule of IPv4 lets nobody in by IPv6');
  assert.deepEqual([reach(usual, 53, 4, 'udp'), reach(usual, 54, 4, 'udp')], ['open', 'closed']);
  const jumping = judgeOf(
    base,
    'add chain inet f services; add rule inet f services tcp dport 22 return; add rule inet f services accept',
    'add rule inet f in jump services',
  );
  assert.deepEqual([reach(jumping, 80), reach(jumping, 22)], ['open', 'closed']);
  const two = judgeOf(
    'add table ip g; add chain ip g in { type filter hook input priority 5; policy accept; }',
    'add rule ip g in tcp dport 22 reject',
  );
  assert.deepEqual([reach(two, 22), reach(two, 22, 6), reach(two, 23)], ['closed', 'open', 'open']);
  const mapped = judgeOf(base, 'add rule inet f in tcp dport vmap { 22 : accept, 23 : drop }');
  assert.equal(reach(mapped, 22), 'some', 'a verdict map is not read, and not taken for more than it may be');
});

test('a service is known by its program before its port, and weighed by who can reach it', () => {
  assert.equal(serviceOf('tcp', 2222, '/usr/sbin/sshd')?.name, 'SSH');
  assert.equal(serviceOf('tcp', 6379, undefined)?.name, 'Redis');
  assert.equal(serviceOf('tcp', 40_000, '/usr/bin/constructor'), undefined);
  const item = (port: number, more: object) => ({
    protocol: 'tcp' as const,
    address: '0.0.0.0',
    port,
    scope: 'public' as const,
    reach: 'open' as const,
    program: '/usr/bin/x',
    user: 'root',
    service: serviceOf('tcp', port, undefined),
    isOpenToAll: false,
    ...more,
  });
  const codes = (port: number, more: object = {}) =>
    issuesOf(item(port, more), 0).map(({ code, severity }) => `${code} ${severity}`);
  assert.deepEqual(codes(22), ['public-management 4', 'default-port 2']);
  assert.deepEqual(codes(22, { reach: 'some' }), ['public-management 3', 'default-port 2']);
  assert.deepEqual(codes(22, { reach: 'closed' }), []);
  assert.deepEqual(codes(22, { scope: 'private' }), []);
  assert.deepEqual(codes(2375, { isOpenToAll: true }), ['public-control 5', 'no-authentication 5']);
  assert.deepEqual(codes(6379, { scope: 'loopback', reach: 'closed', isOpenToAll: true }), [
    'no-authentication-local 2',
  ]);
  assert.deepEqual(codes(40_000, { program: undefined }), ['no-owner 3']);
});

test('all addresses reach as far as the widest of the host', () => {
  const with_ = (address: string) =>
    ({
      eth0: [{ address, netmask: '', family: 'IPv4', mac: '', internal: false, cidr: null }],
    }) as Parameters<typeof effectiveScope>[1];
  assert.equal(effectiveScope('0.0.0.0', with_('203.0.113.5')), 'public');
  assert.equal(effectiveScope('::', with_('10.0.0.5')), 'private');
  assert.equal(effectiveScope('127.0.0.53', with_('203.0.113.5')), 'loopback');
});

test('sshd’s own words about its settings', () => {
  const text =
    'port 22\npermitrootlogin yes\npasswordauthentication no\nmaxauthtries 6\nciphers aes128-ctr,aes256-cbc\n';
  assert.deepEqual(
    sshdIssues(text).map(({ code }) => code),
    ['sshd-permitrootlogin', 'sshd-ciphers'],
  );
  assert.deepEqual(sshdIssues(''), []);
});
