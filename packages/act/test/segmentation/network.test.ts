/** A policy in force between hosts: what it allows passes, everything else does not, and others' rules stay. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packetFilter } from '../../src/nftables/index.ts';
import {
  compilePolicy,
  readPolicy,
  refusalCounts,
  refusedIn,
  Segmentation,
  segmentationTable,
} from '../../src/segmentation/index.ts';
import { type TestHost, testNetwork } from '../support/network.ts';

const denyAll = { inbound: 'deny', outbound: 'deny', forward: 'deny' } as const;

function zonesOf(hosts: Readonly<Record<string, TestHost>>): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(hosts).map(([name, { ipv4, ipv6 }]) => [name, [ipv4, `${ipv6}/128`]]),
  );
}

function segmentationOf(host: TestHost): { segmentation: Segmentation; drifts: string[] } {
  const drifts: string[] = [];
  const filter = packetFilter(host.namespace);
  const segmentation = new Segmentation({
    filter,
    onDrift: ({ kind, restored }) => drifts.push(`${kind} ${restored}`),
  });
  return { segmentation, drifts };
}

test('allowed connections pass and others do not, by IPv4 and IPv6; audit drops nothing and remembers', async context => {
  const [server, web, other] = testNetwork(context, 3);
  assert.ok(server && web && other);
  await Promise.all([server.serve(443), server.serve(22), other.serve(9000), web.serve(5432)]);
  const { segmentation } = segmentationOf(server);
  const settings = segmentation.parse({
    version: 1,
    zones: zonesOf({ web, other }),
    default: denyAll,
    rules: [
      { from: 'web', to: 'own', protocol: 'tcp', ports: [443] },
      { from: 'own', to: 'web', protocol: 'tcp', ports: ['5000-6000'] },
    ],
  });
  const attempts = (['ipv4', 'ipv6'] as const).flatMap(family => [
    { from: web, to: server[family], port: 443, allowed: true },
    { from: web, to: server[family], port: 22, allowed: false },
    { from: other, to: server[family], port: 443, allowed: false },
    { from: server, to: web[family], port: 5432, allowed: true },
    { from: server, to: other[family], port: 9000, allowed: false },
  ]);
  await segmentation.apply({ rung: 'audit', settings });
  for (const { from, to, port } of attempts)
    assert.ok(from.reaches(to, port), `audit drops nothing: ${to} ${port}`);
  const table = (await segmentation.table()) ?? [];
  const seen = refusedIn(table).map(
    ({ chain, address, protocol, port }) => `${chain} ${address} ${protocol}/${port}`,
  );
  assert.ok(
    seen.includes(`input ${web.ipv4} tcp/22`) && seen.includes(`output ${other.ipv6} tcp/9000`),
    seen.join(),
  );
  assert.ok(refusalCounts(table).input > 0);

  await segmentation.apply({ rung: 'enforce', settings });
  for (const { from, to, port, allowed } of attempts)
    assert.ok(
      allowed ? from.reaches(to, port) : await server.cutsOff(from, to, port),
      `${from.ipv4} to ${to} ${port}`,
    );
  assert.ok(
    server.reaches('127.0.0.1', 22) && server.reaches(server.ipv6, 22),
    'itself, whatever the policy',
  );
  for (const host of [server, web]) host.run('ip', 'neigh', 'flush', 'dev', 'eth0');
  assert.ok(web.reaches(server.ipv6, 443), 'neighbours are still found');

  await segmentation.undo();
  await segmentation.undo();
  assert.ok(other.reaches(server.ipv4, 22));
  assert.equal(await segmentation.table(), undefined);
});

test('open connections stay under keep, and are cut under judge', async context => {
  const [server, client] = testNetwork(context, 2);
  assert.ok(server && client);
  await server.serve(7000);
  const line = await client.connect(server.ipv4, 7000);
  const { segmentation } = segmentationOf(server);
  const policy = { version: 1, default: denyAll } as const;
  await segmentation.apply({
    rung: 'enforce',
    settings: segmentation.parse({ ...policy, established: 'keep' }),
  });
  assert.equal(await line.isCutOff(server), false);
  assert.ok(await server.cutsOff(client, server.ipv4, 7000));
  await segmentation.apply({
    rung: 'enforce',
    settings: segmentation.parse({ ...policy, established: 'judge' }),
  });
  assert.equal(await line.isCutOff(server), true);
  await segmentation.undo();
});

test('who may go out is told by user; a rule of somebody else’s user opens nothing', async context => {
  const [host, peer] = testNetwork(context, 2);
  assert.ok(host && peer);
  await peer.serve(8080);
  const { segmentation } = segmentationOf(host);
  const settings = (user: string | number) =>
    segmentation.parse({
      version: 1,
      default: { outbound: 'deny' },
      rules: [{ from: 'own', to: 'outside', protocol: 'tcp', ports: [8080], user }],
    });
  await segmentation.apply({ rung: 'enforce', settings: settings('nobody') });
  assert.ok(await host.cutsOff(host, peer.ipv4, 8080));
  await segmentation.apply({ rung: 'enforce', settings: settings(process.getuid?.() ?? 0) });
  assert.equal(host.reaches(peer.ipv4, 8080), true);
});

test('traffic that passes through, as of containers, is judged by its own default and rules', async context => {
  const [left, router, right] = testNetwork(context, 3);
  assert.ok(left && router && right);
  // The router's second network stands for a container's: left reaches it only through the router.
  router.run('sysctl', '-qw', 'net.ipv4.ip_forward=1');
  for (const [host, address] of [
    [left, '198.51.100.1'],
    [right, '198.51.100.65'],
  ] as const) {
    host.run('ip', 'addr', 'flush', 'dev', 'eth0', 'scope', 'global');
    host.run('ip', 'addr', 'add', `${address}/26`, 'dev', 'eth0');
  }
  router.run('ip', 'addr', 'add', '198.51.100.2/26', 'dev', 'eth0');
  router.run('ip', 'addr', 'add', '198.51.100.66/26', 'dev', 'eth0');
  left.run('ip', 'route', 'add', '198.51.100.64/26', 'via', '198.51.100.2');
  right.run('ip', 'route', 'add', '198.51.100.0/26', 'via', '198.51.100.66');
  await Promise.all([right.serve(80), right.serve(81)]);
  const { segmentation } = segmentationOf(router);
  const settings = segmentation.parse({
    version: 1,
    zones: { pods: ['198.51.100.0/26'] },
    default: { forward: 'deny' },
    rules: [{ from: 'pods', to: 'outside', protocol: 'tcp', ports: [80] }],
  });
  assert.deepEqual([left.reaches('198.51.100.65', 80), left.reaches('198.51.100.65', 81)], [true, true]);
  await segmentation.apply({ rung: 'enforce', settings });
  assert.ok(left.reaches('198.51.100.65', 80));
  assert.ok(await router.cutsOff(left, '198.51.100.65', 81));
});

test('a policy that nft refuses changes nothing; changes by others are noticed, put back, and in the end yielded to', async context => {
  const [host] = testNetwork(context, 1);
  assert.ok(host);
  host.run(
    'nft',
    'add table ip docker; add chain ip docker f { type filter hook forward priority 0; policy drop; }',
  );
  const docker = host.run('nft', 'list', 'table', 'ip', 'docker');
  const { segmentation, drifts } = segmentationOf(host);
  const rules = [{ from: 'any', to: 'own', protocol: 'tcp', ports: [22] }];
  const policy = {
    rung: 'enforce',
    settings: segmentation.parse({ version: 1, default: denyAll, rules }),
  } as const;
  await segmentation.apply(policy);
  const before = host.run('nft', '-s', 'list', 'table', 'inet', segmentationTable);
  const broken = [{ from: 'own', to: 'any', user: 'no-such-user-here' }];
  await assert.rejects(
    segmentation.apply({
      rung: 'enforce',
      settings: segmentation.parse({ version: 1, default: denyAll, rules: broken }),
    }),
  );
  assert.equal(host.run('nft', '-s', 'list', 'table', 'inet', segmentationTable), before);
  assert.equal((await segmentation.health(policy)).healthy, true);
  assert.deepEqual(drifts, []);

  host.run('nft', `insert rule inet ${segmentationTable} input accept`);
  assert.equal((await segmentation.health(policy)).healthy, true);
  assert.equal(host.run('nft', '-s', 'list', 'table', 'inet', segmentationTable), before);
  host.run('nft', 'delete', 'table', 'inet', segmentationTable);
  await segmentation.health(policy);
  host.run('nft', 'flush', 'table', 'inet', segmentationTable);
  await segmentation.health(policy);
  assert.deepEqual(drifts, ['changed true', 'gone true', 'changed true']);
  host.run('nft', 'delete', 'table', 'inet', segmentationTable);
  assert.equal((await segmentation.health(policy)).healthy, false);
  assert.equal(host.run('nft', 'list', 'table', 'ip', 'docker'), docker);
});

test('a rule for a cgroup names its level and path, and waits while there is none', () => {
  const policy = readPolicy({
    version: 1,
    default: denyAll,
    rules: [{ from: 'own', to: 'any', cgroup: 'system.slice/nginx.service' }],
  });
  assert.match(
    compilePolicy(policy, 'enforce', () => true).script,
    /socket cgroupv2 level 2 "system\.slice\/nginx\.service"/,
  );
  const { script, limits } = compilePolicy(policy, 'enforce', () => false);
  assert.doesNotMatch(script, /cgroupv2/);
  assert.match(limits[0]?.en ?? '', /rule 1: there is no cgroup/);
});
