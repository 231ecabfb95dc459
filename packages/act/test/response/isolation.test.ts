/** Isolation and blocking between real hosts: in network namespaces, over IPv4 and IPv6. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { AllowList } from '../../src/address/allow-list.ts';
import { type PacketFilter, packetFilter } from '../../src/nftables/index.ts';
import {
  ActionError,
  type ActionKind,
  blockAddress,
  isolateHost,
  Responder,
} from '../../src/response/index.ts';
import { Fate } from '../ladder/support/mortal.ts';
import { type TestHost, testNetwork } from '../support/network.ts';
import { killedHere } from './support/dies.ts';
import { fileJournal, lastWord, type Mortal, mortalRemoval, testFolder } from './support/folder.ts';

const port = 7001;

interface Stage {
  readonly victim: TestHost;
  readonly console: TestHost;
  readonly stranger: TestHost;
  readonly folder: string;
  readonly now: { wall: number; uptime: number; bootId: string };
  readonly responder: Responder;
  readonly target: { console: string[] };
}

async function stage(context: TestContext): Promise<Stage> {
  const [victim, console, stranger] = testNetwork(context, 3) as [TestHost, TestHost, TestHost];
  await Promise.all([victim, console, stranger].map(host => host.serve(port)));
  const folder = testFolder(context);
  const now = { wall: 1_000_000, uptime: 0, bootId: 'a' };
  const responder = await Responder.open({
    stateDirectory: folder,
    journal: fileJournal(folder),
    kinds: kindsOf(victim, packetFilter(victim.namespace)),
    moment: () => ({ ...now }),
  });
  const target = { console: [`${console.ipv4}:${port}`, `[${console.ipv6}]:${port}`] };
  return { victim, console, stranger, folder, now, responder, target };
}

function kindsOf(victim: TestHost, filter: PacketFilter): ActionKind[] {
  const isolation = isolateHost({
    filter,
    reaches: async (address, at) => victim.reaches(address, at),
    resolvers: () => [],
  });
  const allow = new AllowList({
    networks: [],
    sessions: () => [],
    own: () => [victim.ipv4],
    needed: () => [],
  });
  return [
    isolation,
    blockAddress({ filter, objection: network => allow.objection(network) }),
  ] as unknown as ActionKind[];
}

function tables(host: TestHost): string {
  return host.run('nft', 'list', 'ruleset');
}

test('the console keeps its channel; everybody else is cut off, both ways, connections that stand too', async context => {
  const { victim, console, stranger, folder, responder, target } = await stage(context);
  victim.run(
    'nft',
    'add table ip docker; add chain ip docker f { type filter hook forward priority 0; policy accept; }',
  );
  const others = tables(victim);
  const [old4, old6, channel] = await Promise.all([
    stranger.connect(victim.ipv4, port),
    stranger.connect(victim.ipv6, port),
    console.connect(victim.ipv4, port),
  ]);
  const action = await responder.run({ kind: 'isolate-host', target, by: 'ann' });
  const lines = [old4, old6, channel].map(line => line.isCutOff(victim));
  assert.deepEqual(await Promise.all(lines), [true, true, false]);
  assert.ok(console.reaches(victim.ipv4, port) && console.reaches(victim.ipv6, port));
  assert.ok(victim.reaches('127.0.0.1', port));
  for (const family of ['ipv4', 'ipv6'] as const) {
    assert.ok(await victim.cutsOff(stranger, victim[family], port), `${family}, in`);
    assert.ok(await victim.cutsOff(victim, stranger[family], port), `${family}, out`);
  }
  assert.ok(tables(victim).includes(others.trim()), 'the tables of others are as they were');
  await responder.undo(action.uid, 'ann');
  assert.equal(tables(victim), others);
  assert.ok(stranger.reaches(victim.ipv6, port));
  assert.equal(lastWord(folder), 'action.undo undone');
});

test('traffic that is forwarded for containers is dropped, too', async context => {
  const [victim, console, container] = testNetwork(context, 3) as [TestHost, TestHost, TestHost];
  await console.serve(port);
  // The container reaches the network only through the victim, on a link of its own.
  container.run('ip', 'link', 'set', 'eth0', 'down');
  execFileSync('ip', [
    '-n',
    victim.namespace,
    'link',
    'add',
    'c0',
    'type',
    'veth',
    'peer',
    'name',
    'c1',
    'netns',
    container.namespace,
  ]);
  victim.run('ip', 'addr', 'add', '198.51.100.1/24', 'dev', 'c0');
  victim.run('ip', 'link', 'set', 'c0', 'up');
  victim.run('sysctl', '-qw', 'net.ipv4.ip_forward=1');
  container.run('ip', 'addr', 'add', '198.51.100.2/24', 'dev', 'c1');
  container.run('ip', 'link', 'set', 'c1', 'up');
  container.run('ip', 'route', 'add', 'default', 'via', '198.51.100.1');
  console.run('ip', 'route', 'add', '198.51.100.0/24', 'via', victim.ipv4);
  assert.ok(container.reaches(console.ipv4, port));
  const filter = packetFilter(victim.namespace);
  const kind = isolateHost({
    filter,
    reaches: async (to, at) => victim.reaches(to, at),
    resolvers: () => [],
  });
  const given = kind.parse({ console: `${console.ipv4}:${port}` });
  await kind.apply(given, { resolvers: [] });
  await kind.verify(given, { resolvers: [] });
  assert.ok(victim.reaches(console.ipv4, port));
  assert.ok(await victim.cutsOff(container, console.ipv4, port), 'not even to the console');
  await kind.undo?.(given, { resolvers: [] });
  assert.ok(container.reaches(console.ipv4, port));
});

test('it is undone by itself when the console is lost, and when its time is over', async context => {
  const { victim, console, stranger, now, responder } = await stage(context);
  const four = { console: `${console.ipv4}:${port}` };
  await responder.run({ kind: 'isolate-host', target: four, by: 'ann' });
  victim.run('ip', 'route', 'add', 'unreachable', console.ipv4);
  await responder.tick();
  assert.ok(await victim.cutsOff(stranger, victim.ipv4, port), 'not at once');
  now.uptime += 61_000;
  await responder.tick();
  assert.ok(stranger.reaches(victim.ipv4, port));
  await assert.rejects(
    responder.run({ kind: 'isolate-host', target: four, by: 'ann' }),
    (error: unknown) => error instanceof ActionError && /does not answer/.test(error.text.en),
  );
  victim.run('ip', 'route', 'del', 'unreachable', console.ipv4);
  await responder.run({ kind: 'isolate-host', target: four, by: 'ann', lasts: 3_600_000 });
  assert.ok(await victim.cutsOff(stranger, victim.ipv4, port));
  now.wall += 3_600_000;
  await responder.tick();
  assert.ok(stranger.reaches(victim.ipv4, port));
});

test('the host opens by itself when the agent is dead, and is isolated again when it is back', async context => {
  const [victim, console, stranger] = testNetwork(context, 3) as [TestHost, TestHost, TestHost];
  await victim.serve(port);
  const folder = testFolder(context);
  const live = async (): Promise<ChildProcess> => {
    const main = join(import.meta.dirname, 'support/isolated-agent.ts');
    const agent = fork(main, [victim.namespace, folder, `${console.ipv4}:${port}`]);
    context.after(() => agent.kill('SIGKILL'));
    await once(agent, 'message');
    return agent;
  };
  const agent = await live();
  const isHeld = (): boolean =>
    victim.run('nft', 'list', 'set', 'inet', 'redoubt_isolation', 'held').includes('elements');
  const handle = (): string =>
    victim.run('nft', '-a', 'list', 'table', 'inet', 'redoubt_isolation').split('\n')[0] ?? '';
  const first = handle();
  while (handle() === first) await new Promise(resolve => setTimeout(resolve, 50));
  assert.ok(isHeld(), 'it is renewed while the agent lives');
  for (const address of [victim.ipv4, victim.ipv6])
    assert.ok(await victim.cutsOff(stranger, address, port), address);
  agent.kill('SIGKILL');
  while (isHeld()) await new Promise(resolve => setTimeout(resolve, 50));
  assert.ok(stranger.reaches(victim.ipv4, port) && stranger.reaches(victim.ipv6, port));
  assert.ok(victim.reaches('127.0.0.1', port));
  await live();
  assert.ok(await victim.cutsOff(stranger, victim.ipv4, port));
});

test('a blocked address is cut off and nobody else; a host in a blocked network stays blocked with it', async context => {
  const { victim, console, stranger, responder } = await stage(context);
  const block = (address: string) => responder.run({ kind: 'block-address', target: { address }, by: 'ann' });
  const old = await stranger.connect(victim.ipv4, port);
  assert.ok(
    stranger.reaches(victim.ipv6, port),
    'and knows the way: looking for a neighbour is blocked, too',
  );
  const four = await block(stranger.ipv4);
  const six = await block(stranger.ipv6.replace('2001:db8::', '2001:0DB8:0::'));
  assert.equal(await old.isCutOff(victim), true);
  for (const address of [victim.ipv4, victim.ipv6])
    assert.ok(await victim.cutsOff(stranger, address, port), address);
  assert.ok(await victim.cutsOff(victim, stranger.ipv4, port));
  assert.ok(console.reaches(victim.ipv4, port) && console.reaches(victim.ipv6, port));
  const network = await block(`${stranger.ipv4}/32`.replace('.3/32', '.3/31'));
  await responder.undo(four.uid, 'ann');
  assert.ok(await victim.cutsOff(stranger, victim.ipv4, port), 'the network holds it');
  await responder.undo(network.uid, 'ann');
  assert.ok(stranger.reaches(victim.ipv4, port));
  assert.ok(await victim.cutsOff(stranger, victim.ipv6, port));
  await responder.undo(six.uid, 'ann');
  assert.equal(await packetFilter(victim.namespace).table('redoubt_blocked'), undefined, 'nothing stays');
  await assert.rejects(block('192.0.2.0/24'), /an address of this host/);
  for (const bad of ['0.0.0.0/0', 'example.org', '192.0.2.1; flush ruleset', ''])
    await assert.rejects(block(bad));
});

test('dead at any point of an isolation: isolated or not, never half, and the journal tells', async context => {
  killedHere(context, 'isolate-host');
  const [victim, console] = testNetwork(context, 2) as [TestHost, TestHost];
  const plain = packetFilter(victim.namespace);
  const open = (folder: string, fate: Mortal): Promise<Responder> => {
    const filter: PacketFilter = {
      table: name => plain.table(name),
      outline: name => plain.outline(name),
      async run(script) {
        fate.point();
        await plain.run(script);
        fate.point();
      },
      async drop(name) {
        fate.point();
        await plain.drop(name);
        fate.point();
      },
    };
    const kind = isolateHost({ filter, reaches: async () => true, resolvers: () => [] });
    return Responder.open({
      stateDirectory: folder,
      journal: fileJournal(folder, () => fate.point()),
      kinds: [kind as unknown as ActionKind],
      calls: mortalRemoval(fate),
    });
  };
  const once = async (folder: string, fate: Fate): Promise<void> => {
    const responder = await open(folder, fate);
    await responder.run({ kind: 'isolate-host', target: { console: console.ipv4 }, by: 'ann' });
  };
  const whole = new Fate(0);
  await once(testFolder(context), whole);
  for (let at = 1; at <= whole.points; at++) {
    await plain.drop('redoubt_isolation');
    const folder = testFolder(context);
    await once(folder, new Fate(at)).catch(() => undefined);
    const responder = await open(folder, { point: () => undefined });
    const isIsolated = (await plain.table('redoubt_isolation')) !== undefined;
    assert.equal(responder.list()[0]?.status === 'done', isIsolated, `point ${at}`);
    assert.match(lastWord(folder), isIsolated ? /run done/ : /run failed|^$/, `point ${at}`);
  }
});
