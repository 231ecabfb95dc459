/** The packet filter of a namespace: our tables only, whole transactions, sets with time-outs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressSets, elementLines, familyOf, NftError, packetFilter } from '../../src/nftables/index.ts';
import { testNetwork } from '../support/network.ts';

test('a script is taken as a whole or not at all, and rules of others stay as they are', async context => {
  const [host] = testNetwork(context, 1);
  assert.ok(host);
  host.run(
    'nft',
    'add table ip docker; add chain ip docker forward { type filter hook forward priority 0; }',
  );
  const before = host.run('nft', 'list', 'table', 'ip', 'docker');
  const filter = packetFilter(host.namespace);
  assert.equal(await filter.table('redoubt_test'), undefined);
  await filter.run(`table inet redoubt_test {
    chain in {
      type filter hook input priority 0; policy accept;
    }
  }\n`);
  const made = await filter.table('redoubt_test');
  assert.ok(made?.some(({ chain }) => chain?.['name'] === 'in'));
  await assert.rejects(
    filter.run('add rule inet redoubt_test in tcp dport 1 drop\nadd rule inet redoubt_test absent drop\n'),
    (error: unknown) => error instanceof NftError && error.code === 'refused',
  );
  assert.deepEqual(await filter.table('redoubt_test'), made);
  await filter.drop('redoubt_test');
  await filter.drop('redoubt_test');
  assert.equal(await filter.table('redoubt_test'), undefined);
  assert.equal(host.run('nft', 'list', 'table', 'ip', 'docker'), before);
});

test('an address in a set cannot connect, by IPv4 and IPv6, and can again once it is out', async context => {
  const [server, client] = testNetwork(context, 2);
  assert.ok(server && client);
  await server.serve(8080);
  const filter = packetFilter(server.namespace);
  await filter.run(`table inet redoubt_test {
    ${addressSets('banned')}
    chain in { type filter hook input priority -10; policy accept;
      ip saddr @banned4 drop
      ip6 saddr @banned6 drop
    }
  }\n`);
  const change = (verb: 'add' | 'delete', address: string, seconds?: number): Promise<void> =>
    filter.run(
      `${elementLines(verb, 'redoubt_test', 'banned', [{ address, ...(seconds !== undefined && { seconds }) }]).join('\n')}\n`,
    );
  for (const [address, network] of [
    [server.ipv4, `${client.ipv4}/32`],
    [server.ipv6, client.ipv6],
  ] as const) {
    assert.ok(client.reaches(address, 8080));
    await change('add', network, 3600);
    assert.ok(await server.cutsOff(client, address, 8080));
    await change('delete', network);
    assert.ok(client.reaches(address, 8080));
  }
});

test('what is no address never reaches a script', () => {
  for (const wrong of [
    '',
    '1.2.3',
    '1.2.3.4/33',
    '::/129',
    '1.2.3.4 }',
    'fe80::1%eth0',
    '1.2.3.4/8/8',
    '1.2.3.4\n',
  ]) {
    assert.throws(() => familyOf(wrong), NftError, wrong);
  }
  assert.deepEqual(['192.0.2.0/24', '::ffff:192.0.2.1', '2001:db8::/32'].map(familyOf), [4, 6, 6]);
});
