/** From a log line to the kernel, on the rungs of the ladder, between hosts in namespaces of their own. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { buildEvent } from '@redoubt/model';
import {
  type Ban,
  BanStore,
  BanTable,
  bansProtection,
  Guard,
  type Outcome,
  tableName,
} from '../../src/bans/index.ts';
import { packetCounters, packetFilter } from '../../src/nftables/index.ts';
import { type TestHost, testNetwork } from '../support/network.ts';
import { jailNamed, line, memoryJournal, recordsOf } from './support.ts';

interface World {
  readonly guard: Guard;
  readonly protection: ReturnType<typeof bansProtection>;
  readonly outcomes: Outcome[];
  readonly journal: ReturnType<typeof memoryJournal>;
  readonly state: string;
  /** Failed log-ins from an address. */
  fail(address: string, count?: number): Promise<void>;
}

const time = Date.parse('2026-03-01T10:00:30Z');

function world(
  context: TestContext,
  host: TestHost,
  more: { sees?: boolean; sessions?: string[]; state?: string } = {},
): World {
  const state = more.state ?? mkdtempSync(join(tmpdir(), 'redoubt-guard-'));
  context.after(() => rmSync(state, { recursive: true, force: true }));
  const outcomes: Outcome[] = [];
  const journal = memoryJournal();
  const filter = packetFilter(host.namespace);
  const guard = new Guard({
    stateDirectory: state,
    jails: [jailNamed('sshd', { maxRetries: 3 })],
    filter,
    journal,
    seesPeers: more.sees ?? false,
    onOutcome: outcome => outcomes.push(outcome),
    onTrouble: text => assert.equal(text, undefined),
    sessions: () => more.sessions ?? [],
    own: () => [],
    needed: () => [],
    now: () => time,
  });
  return {
    guard,
    protection: bansProtection(guard, filter),
    outcomes,
    journal,
    state,
    async fail(address, count = 3) {
      let text = '';
      for (let at = 0; at < count; at++)
        text += line(at, 'sshd[9]', `Failed password for root from ${address} port ${at + 1} ssh2`);
      for (const record of await recordsOf(text)) guard.event(record);
      await guard.settled();
    },
  };
}

const settings = { allow: [], evidence: 'auto', lists: [] } as const;
const noAbort = new AbortController().signal;

test('log lines lead to a ban in the kernel, by IPv4 and IPv6, for existing connections too, and back', async context => {
  const [server, client, other] = testNetwork(context, 3);
  assert.ok(server && client && other);
  await server.serve(8022);
  const { guard, protection, outcomes, fail, journal, state } = world(context, server);
  await fail(client.ipv4);
  assert.equal(outcomes.length, 0, 'observe only counts');
  assert.equal(guard.counts.offenders, 1);
  await protection.apply({ rung: 'audit', settings }, noAbort);
  await fail(client.ipv4);
  assert.equal(outcomes.at(-1)?.kind, 'would-ban');
  assert.ok(client.reaches(server.ipv4, 8022));

  const second = world(context, server, { state });
  await second.protection.apply({ rung: 'enforce', settings }, noAbort);
  await second.fail(client.ipv4);
  assert.equal(second.outcomes.at(-1)?.kind, 'banned');
  assert.ok(await server.cutsOff(client, server.ipv4, 8022));
  const dropped = await packetCounters(tableName, server.namespace);
  assert.ok((dropped.get('dropped_input') ?? 0) > 0);
  assert.ok(client.reaches(server.ipv6, 8022));
  assert.ok(other.reaches(server.ipv4, 8022));
  assert.deepEqual(
    second.journal.entries.map(({ action, subject, outcome }) => [action, subject, outcome]),
    [
      ['ban.add', client.ipv4, 'begun'],
      ['ban.add', client.ipv4, 'done'],
    ],
  );
  assert.deepEqual(await second.protection.health({ rung: 'enforce', settings }), {
    healthy: true,
    reasons: [],
  });

  // Restored by another process, with the time that is left; then taken back.
  server.run('nft', 'delete', 'table', 'inet', tableName);
  assert.equal((await second.protection.health({ rung: 'enforce', settings })).healthy, false);
  const third = world(context, server, { state });
  await third.protection.apply({ rung: 'enforce', settings }, noAbort);
  assert.ok(await server.cutsOff(client, server.ipv4, 8022));
  assert.equal((await third.guard.unban([client.ipv4], 'test')).length, 1);
  assert.ok(client.reaches(server.ipv4, 8022));

  // A /64 and a network in which it lies; the network's end leaves the /64.
  await third.fail(client.ipv6);
  assert.ok(await server.cutsOff(client, server.ipv6, 8022));
  await third.guard.unban(['2001:db8::/64'], 'test');
  await third.guard.ban(
    [
      { subject: '192.0.2.0/30', origin: 'manual', reason: 'x', since: time, until: time + 60_000, times: 1 },
      { subject: '192.0.2.0/29', origin: 'manual', reason: 'x', since: time, until: time + 60_000, times: 1 },
    ],
    'test',
  );
  assert.ok(await server.cutsOff(client, server.ipv4, 8022));
  await third.guard.unban(['192.0.2.0/29'], 'test');
  assert.ok(await server.cutsOff(client, server.ipv4, 8022));
  await third.protection.undo();
  await third.protection.undo();
  assert.ok(client.reaches(server.ipv4, 8022));
  assert.equal(journal.entries.length, 0);
});

test('a port list closes those ports only; each further ban is longer', async context => {
  const [server, client] = testNetwork(context, 2);
  assert.ok(server && client);
  await server.serve(8022);
  await server.serve(8080);
  const { guard, protection, fail } = world(context, server);
  Object.assign(guard.watch.jails[0] as object, { ports: [8022] });
  await protection.apply({ rung: 'enforce', settings }, noAbort);
  await fail(client.ipv4);
  assert.ok(await server.cutsOff(client, server.ipv4, 8022));
  assert.ok(client.reaches(server.ipv4, 8080));
  const first = guard.store.get(client.ipv4);
  assert.equal(first?.times, 1);
  guard.store.put([{ ...(first as Ban), until: time - 1 }], time);
  await fail(client.ipv4);
  assert.equal(guard.store.get(client.ipv4)?.times, 1, 'an attack that goes on is told once');
});

test('without the kernel’s evidence a line bans nobody; with it, it does; who is signed in never', async context => {
  const [server] = testNetwork(context, 1);
  assert.ok(server);
  const { guard, outcomes, fail } = world(context, server, { sees: true, sessions: ['198.51.100.3'] });
  guard.rung = 'audit';
  await fail('198.51.100.1');
  for (let at = 0; at < 3; at++) await guard.tick();
  assert.deepEqual(
    outcomes.map(({ kind }) => kind),
    ['unconfirmed'],
  );
  const accept = (ip: string) =>
    buildEvent('network.accept', time, {
      metadata: { version: '1.6.0', event_code: 'network.accept' },
      src_endpoint: { ip, port: 9 },
    } as never);
  guard.event({
    kind: 'network.accept',
    time,
    get: path => (path === 'src_endpoint.ip' ? '::ffff:198.51.100.2' : undefined),
    toEvent: () => accept('198.51.100.2'),
  });
  await fail('198.51.100.2');
  assert.equal(outcomes.at(-1)?.kind, 'would-ban');
  guard.event({
    kind: 'network.accept',
    time,
    get: path => (path === 'src_endpoint.ip' ? '198.51.100.3' : undefined),
    toEvent: () => accept('198.51.100.3'),
  });
  await fail('198.51.100.3');
  assert.equal(outcomes.at(-1)?.kind, 'spared');
  const { refused } = await guard.ban(
    [{ subject: '198.51.0.0/15', origin: 'manual', reason: 'x', since: time, times: 1 }],
    'test',
  );
  assert.match(refused[0]?.why.en ?? '', /never banned/);
});

test('many bans come back at once', async context => {
  const [server] = testNetwork(context, 1);
  assert.ok(server);
  const { state, guard } = world(context, server);
  const bans = Array.from(
    { length: 100_000 },
    (_, at): Ban => ({
      subject:
        at % 4 === 0
          ? `2001:db8:${(at >> 8).toString(16)}:${(at & 255).toString(16)}::/64`
          : `198.18.${(at >> 8) & 255}.${at & 255}`,
      origin: 'list',
      reason: 'x',
      since: time,
      until: time + 3_600_000,
      times: 1,
    }),
  ).filter(({ subject }) => !subject.startsWith('2001:db8:0:'));
  guard.store.put(bans, time);
  const begin = performance.now();
  const standing = BanStore.open(state).standing(time);
  const table = new BanTable(packetFilter(server.namespace));
  await table.build(standing, [], time);
  context.diagnostic(`${standing.length} bans in ${Math.round(performance.now() - begin)} ms`);
  await table.check();
  assert.match(
    server.run('nft', 'get', 'element', 'inet', tableName, 'all_hosts4', '{ 198.18.0.1 }'),
    /198\.18\.0\.1/,
  );
});
