/** What joins findings, and what does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Incident } from '@redoubt/model';
import fc from 'fast-check';
import { Value } from 'typebox/value';
import { chain, finding, groups, minute, noon, type Sketch, trackerWith } from './samples.ts';

const together = (...sketches: Sketch[]): boolean => {
  const { tracker } = trackerWith();
  for (const sketch of sketches) tracker.follow(finding(sketch));
  return tracker.incidents().length === 1;
};
const digest = 'ab'.repeat(32);

test('a process, or an ancestor below the session, joins', () => {
  const a = chain('sshd/5', 'sshd/6', 'bash/7', './one/8');
  const b = chain('sshd/5', 'sshd/6', 'bash/7', './two/9');
  assert.ok(together({ uid: 'a', evidence: { process: a } }, { uid: 'b', evidence: { process: b } }));
});

test('the sshd listener, cron, a container runtime and the first process do not', () => {
  for (const daemon of ['sshd', 'cron', 'crond', 'containerd-shim', 'dockerd', 'systemd', 'haproxy']) {
    const a = chain(`${daemon}/5`, `${daemon}/6`, './one/8');
    const b = chain(`${daemon}/5`, './two/9');
    assert.ok(
      !together({ uid: 'a', evidence: { process: a } }, { uid: 'b', evidence: { process: b } }),
      daemon,
    );
  }
});

test('a program that only calls itself cron is no hub', () => {
  const a = chain('./cron/5', './one/8');
  const b = chain('./cron/5', './two/9');
  assert.ok(together({ uid: 'a', evidence: { process: a } }, { uid: 'b', evidence: { process: b } }));
});

test('a login session joins, also under different programs; another session of the same account later does not', () => {
  const one = { ...chain('./one/8'), auid: 1000, session: { uid: '41' } };
  const two = { ...chain('./two/9'), auid: 1000, session: { uid: '41' } };
  const other = { ...chain('./two/9'), auid: 1000, session: { uid: '42' } };
  const later = noon + 3 * 60 * minute;
  assert.ok(
    together({ uid: 'a', evidence: { process: one } }, { uid: 'b', time: later, evidence: { process: two } }),
  );
  assert.ok(
    !together(
      { uid: 'a', evidence: { process: one } },
      { uid: 'b', time: later, evidence: { process: other } },
    ),
  );
});

test('a Windows logon id joins on one machine; that of SYSTEM does not', () => {
  const of = (id: string) => ({ unmapped: { SubjectLogonId: id } });
  const later = noon + 3 * 60 * minute;
  assert.ok(together({ uid: 'a', event: of('0x3e1a') }, { uid: 'b', time: later, event: of('0x3E1A') }));
  assert.ok(!together({ uid: 'a', event: of('0x3e7') }, { uid: 'b', time: later, event: of('0x3e7') }));
  assert.ok(
    !together({ uid: 'a', event: of('0x3e1a') }, { uid: 'b', time: later, host: 'db', event: of('0x3e1a') }),
  );
});

test('the hash of a file joins across hosts, that of a packaged program does not', () => {
  const file = { path: '/srv/x', hashes: [{ algorithm_id: 3, value: digest }] };
  const packaged = { ...file, package: { name: 'bash' } };
  assert.ok(together({ uid: 'a', evidence: { file } }, { uid: 'b', host: 'db-01', evidence: { file } }));
  assert.ok(
    !together(
      { uid: 'a', evidence: { file: packaged } },
      { uid: 'b', host: 'db-01', evidence: { file: packaged } },
    ),
  );
});

test('a remote address joins when one of the findings is of medium severity', () => {
  const from = (ip: string) => ({ src_endpoint: { ip } });
  const pair = (severity: number, other = '203.0.113.9') =>
    together(
      { uid: 'a', severity: 2, kind: 'auth.logon', evidence: from('::ffff:203.0.113.9') },
      {
        uid: 'b',
        severity,
        host: 'db-01',
        time: noon + 120 * minute,
        kind: 'auth.logon',
        evidence: from(other),
      },
    );
  assert.ok(pair(3));
  assert.ok(!pair(2));
  assert.ok(!pair(3, '203.0.113.10'));
});

test('the own end of a connection, a resolver and the hubs that were named do not join', () => {
  const evidence = {
    src_endpoint: { ip: '10.0.0.9' },
    dst_endpoint: { ip: '203.0.113.9', port: 443 },
  };
  const other = { ...evidence, dst_endpoint: { ip: '203.0.113.10', port: 443 } };
  const later = noon + 120 * minute;
  assert.ok(
    !together(
      { uid: 'a', kind: 'network.connect', evidence },
      { uid: 'b', kind: 'network.connect', time: later, evidence: other },
    ),
  );
  const dns = { dst_endpoint: { ip: '203.0.113.53', port: 53 } };
  assert.ok(
    !together(
      { uid: 'a', kind: 'dns.query', evidence: dns },
      { uid: 'b', kind: 'dns.query', time: later, evidence: dns },
    ),
  );
  const { tracker } = trackerWith({ hubAddresses: ['203.0.113.9'] });
  tracker.follow(finding({ uid: 'a', kind: 'network.connect', evidence }));
  tracker.follow(finding({ uid: 'b', kind: 'network.connect', host: 'db', evidence }));
  assert.equal(tracker.incidents().length, 2);
});

test('an account and a place join within half an hour, whatever the spelling; one of them does not', () => {
  const by = (name: string) => ({ user: { name } });
  const pair = (one: string, other: string, host: string, minutes: number) =>
    together(
      { uid: 'a', kind: 'auth.logon', event: by(one), host: 'ws-1' },
      { uid: 'b', kind: 'auth.logon', event: by(other), host, time: noon + minutes * minute },
    );
  assert.ok(pair('CORP\\Alice', 'alice@CORP.EXAMPLE', 'WS-1.corp.example', 29));
  assert.ok(!pair('CORP\\Alice', 'alice', 'ws-1', 31));
  assert.ok(!pair('alice', 'alice', 'ws-2', 1));
  assert.ok(!pair('alice', 'bob', 'ws-1', 1));
  assert.ok(!pair('ws-1$', 'ws-1', 'ws-1', 1), 'a machine account is not the person of the same name');
  assert.ok(!pair('root', 'root', 'ws-1', 1), 'everything runs as root');
});

test('a thousand unrelated findings below one cron and one sshd stay apart', () => {
  const { tracker } = trackerWith();
  for (let index = 0; index < 1_000; index++) {
    const daemon = index % 2 === 0 ? 'cron/500' : 'sshd/600';
    const [name = ''] = daemon.split('/');
    const process = chain(
      daemon,
      `${name}/${1000 + index}`,
      `sh/${3000 + index}`,
      `./job${index}/${5000 + index}`,
    );
    const user = { uid: '0', name: 'root' };
    tracker.follow(
      finding({
        uid: `f${index}`,
        rule: `rule-${index % 5}`,
        technique: 'T1059',
        time: noon + index * 100,
        evidence: { process: { ...process, user } },
      }),
    );
  }
  assert.equal(tracker.incidents().length, 1_000);
});

test('a key that ties too much is demoted and counted', () => {
  const { tracker } = trackerWith({ strongFanOut: 50 });
  for (let index = 0; index < 120; index++) {
    const process = chain('./spawner/77', `./job${index}/${5000 + index}`);
    tracker.follow(finding({ uid: `f${index}`, time: noon + index, evidence: { process } }));
  }
  assert.equal(tracker.statistics().demotedKeys, 1);
  assert.equal(tracker.incidents().length, 71);
});

test('memory is bounded, and what is forgotten is counted', () => {
  const { tracker } = trackerWith({ findings: 100 });
  for (let index = 0; index < 1_000; index++) {
    tracker.follow(finding({ uid: `f${index}`, time: noon + index, host: `h${index}` }));
  }
  const { findings, forgotten, open, keys } = tracker.statistics();
  assert.ok(findings <= 100 && findings + forgotten === 1_000, `${findings} held, ${forgotten} forgotten`);
  assert.ok(open <= 100 && keys <= 300, `${open} open, ${keys} keys`);
});

test('two incidents become one when a finding ties them; the older keeps its uid, the merge is recorded', () => {
  let now = noon;
  const { tracker, told } = trackerWith({ now: () => now });
  const address = { src_endpoint: { ip: '203.0.113.9' } };
  const process = { ...chain('./x/70'), user: { name: 'deploy', uid: '1001' } };
  tracker.follow(finding({ uid: 'a', kind: 'auth.logon', host: 'h1', evidence: address }));
  now += 10;
  tracker.follow(finding({ uid: 'b', host: 'h2', evidence: { process } }));
  const [first, second] = tracker.incidents().map(incident => incident.metadata.uid);
  assert.ok(first !== undefined && second !== undefined);
  tracker.decide(second, { type: 'comment', text: 'seen before' }, 'li');
  tracker.decide(second, { type: 'status', status: 2 }, 'li');
  now += 10;
  tracker.follow(
    finding({
      uid: 'c',
      kind: 'network.connect',
      host: 'h2',
      evidence: { process, dst_endpoint: address.src_endpoint },
    }),
  );
  tracker.flush();
  const [merged, ...more] = tracker.incidents();
  assert.deepEqual(more, []);
  assert.equal(merged?.metadata.uid, first);
  assert.deepEqual(merged?.redoubt.merged_from, [second]);
  assert.deepEqual(
    merged?.redoubt.history.map(({ what }) => what),
    ['created', 'status', 'merged'],
  );
  assert.equal(merged?.redoubt.history.at(-1)?.from, second);
  assert.equal(merged?.status_id, 2);
  assert.equal(merged?.redoubt.comments[0]?.text, 'seen before');
  assert.equal(told.get(second)?.redoubt.merged_into, first);
  assert.equal(told.get(second)?.status_id, 5);
  for (const incident of told.values()) assert.deepEqual([...Value.Errors(Incident, incident)], []);
});

/** Small worlds, so that findings meet in all kinds of keys. */
const sketches = fc.array(
  fc.record({
    minutes: fc.integer({ min: 0, max: 90 }),
    lasting: fc.integer({ min: 0, max: 20 }),
    severity: fc.integer({ min: 2, max: 5 }),
    host: fc.constantFrom('h1', 'h2', 'h3', 'h4'),
    user: fc.constantFrom(undefined, 'CORP\\ann', 'ann@corp.example', 'bob', 'root'),
    address: fc.constantFrom(undefined, '203.0.113.1', '::ffff:203.0.113.1', '203.0.113.2', '10.0.0.5'),
    client: fc.constantFrom(undefined, 'h1', 'h2'),
    pid: fc.constantFrom(undefined, 10, 11, 12),
    hash: fc.constantFrom(undefined, undefined, 'aa'.repeat(32), 'bb'.repeat(32)),
    technique: fc.constantFrom(undefined, 'T1', 'T2'),
  }),
  { minLength: 2, maxLength: 24 },
);

test('the order in which findings arrive does not change what belongs together', () => {
  fc.assert(
    fc.property(
      sketches.chain(list =>
        fc.tuple(
          fc.constant(list),
          fc.shuffledSubarray(
            list.map((_, index) => index),
            { minLength: list.length },
          ),
        ),
      ),
      ([list, order]) => {
        const findings = list.map((one, index) =>
          finding({
            uid: `f${String(index).padStart(2, '0')}`,
            kind: 'auth.logon',
            time: noon + one.minutes * minute,
            last: noon + (one.minutes + one.lasting) * minute,
            severity: one.severity,
            host: one.host,
            ...(one.technique === undefined ? {} : { technique: one.technique }),
            event: {
              status_id: 1,
              ...(one.user === undefined ? {} : { user: { name: one.user } }),
              ...(one.address === undefined
                ? {}
                : {
                    src_endpoint: {
                      ip: one.address,
                      ...(one.client === undefined ? {} : { hostname: one.client }),
                    },
                  }),
            },
            evidence: {
              ...(one.address === undefined ? {} : { src_endpoint: { ip: one.address } }),
              ...(one.pid === undefined ? {} : { process: chain('bash/9x', `./p/${one.pid}`) }),
              ...(one.hash === undefined
                ? {}
                : {
                    file: {
                      path: `/srv/${one.hash.slice(0, 2)}`,
                      hashes: [{ algorithm_id: 3, value: one.hash }],
                    },
                  }),
            },
          }),
        );
        const straight = trackerWith().tracker;
        for (const one of findings) straight.follow(one);
        const shuffled = trackerWith().tracker;
        for (const index of order) shuffled.follow(findings[index] ?? assert.fail());
        assert.deepEqual(groups(shuffled), groups(straight));
        assert.equal(groups(straight).flat().length, findings.length);
      },
    ),
    { numRuns: 500 },
  );
});

test('hostile texts in a finding are survived', () => {
  const hostile = fc.oneof(
    fc.string({ maxLength: 300 }),
    fc.constantFrom('\\', '@', '::', '%', '1.2.3.4.5', '$'),
  );
  fc.assert(
    fc.property(hostile, hostile, hostile, hostile, (user, ip, host, hash) => {
      const { tracker, told } = trackerWith();
      tracker.follow(
        finding({
          uid: 'x',
          kind: 'auth.logon',
          host,
          event: { user: { name: user }, src_endpoint: { ip, hostname: host }, status_id: 1 },
          evidence: {
            src_endpoint: { ip, hostname: host },
            dst_endpoint: { hostname: host },
            file: { path: user, hashes: [{ algorithm_id: 3, value: hash }] },
          },
        }),
      );
      assert.equal(told.size, 1);
      for (const incident of told.values()) assert.deepEqual([...Value.Errors(Incident, incident)], []);
    }),
    { numRuns: 300 },
  );
});
