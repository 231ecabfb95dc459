/** Bans on disk and in the hands of others: what a crash tears, what is forgotten, what an import takes. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import {
  type Ban,
  BanStore,
  parseDuration,
  readDecisions,
  toCrowdsec,
  toPlain,
} from '../../src/bans/index.ts';

const now = 1_800_000_000_000;
const ban = (subject: string, more: Partial<Ban> = {}): Ban => ({
  subject,
  origin: 'redoubt',
  reason: 'sshd',
  since: now,
  until: now + 600_000,
  times: 1,
  ...more,
});

function folder(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'redoubt-bans-'));
  context.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test('bans come back after a restart; a line torn by a crash costs only itself', context => {
  const state = folder(context);
  const file = join(state, 'bans/decisions.jsonl');
  const first = BanStore.open(state);
  first.put([ban('192.0.2.1'), ban('192.0.2.2', { times: 3 }), ban('192.0.2.3')], now);
  first.remove(['192.0.2.3']);
  appendFileSync(file, '{"subject":"192.0.2.4","ori');
  const second = BanStore.open(state);
  assert.equal(second.damaged, 1);
  assert.deepEqual(
    second.standing(now).map(({ subject }) => subject),
    ['192.0.2.1', '192.0.2.2'],
  );
  second.put([ban('192.0.2.5')], now);
  const third = BanStore.open(state);
  assert.deepEqual(
    third.standing(now).map(({ subject }) => subject),
    ['192.0.2.1', '192.0.2.2', '192.0.2.5'],
  );
  assert.deepEqual(third.standing(now + 600_000), []);
  assert.equal(third.get('192.0.2.2')?.times, 3, 'remembered after it is over');
  third.forget(now + 30 * 86_400_000);
  assert.equal(BanStore.open(state).get('192.0.2.2'), undefined);
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('the file does not grow with what is out of date, and memory is bounded', context => {
  const state = folder(context);
  const store = BanStore.open(state, 10);
  for (let at = 0; at < 6; at++)
    store.put(
      Array.from({ length: 500 }, (_, each) => ban('192.0.2.1', { since: now + each })),
      now,
    );
  assert.ok(readFileSync(join(state, 'bans/decisions.jsonl'), 'utf8').split('\n').length < 2_100);
  store.put(
    Array.from({ length: 20 }, (_, at) => ban(`198.51.100.${at}`)),
    now,
  );
  assert.equal(store.standing(now).length, 10);
  assert.equal(store.refused, 11);
});

test('CrowdSec’s decisions come in, nested or flat, and ours go out and come back the same', () => {
  const nested = JSON.stringify([
    {
      id: 1,
      decisions: [
        {
          duration: '3h59m51.5s',
          origin: 'crowdsec',
          scenario: 'crowdsecurity/ssh-bf',
          scope: 'Ip',
          type: 'ban',
          value: '192.0.2.9',
          simulated: false,
        },
        {
          duration: '1h',
          origin: 'CAPI',
          scenario: 'x',
          scope: 'Range',
          type: 'ban',
          value: '198.51.100.0/24',
        },
        { duration: '1h', origin: 'x', scenario: 'x', scope: 'Country', type: 'ban', value: 'XX' },
        { duration: '1h', origin: 'x', scenario: 'x', scope: 'Ip', type: 'captcha', value: '192.0.2.10' },
        { duration: '-1h', origin: 'x', scenario: 'x', scope: 'Ip', type: 'ban', value: '192.0.2.11' },
        { duration: '1h', scope: 'Ip', type: 'ban', value: '1.2.3.4.evil.com' },
      ],
    },
  ]);
  const { bans, refused, problems } = readDecisions(nested, 'import', now);
  assert.deepEqual(
    bans.map(one => [one.subject, one.origin, one.reason, (one.until ?? 0) - now]),
    [
      ['192.0.2.9', 'crowdsec', 'crowdsecurity/ssh-bf', 14_391_500],
      ['198.51.100.0/24', 'CAPI', 'x', 3_600_000],
    ],
  );
  assert.equal(refused, 4);
  assert.match(problems[3]?.en ?? '', /^\[0\]\.decisions\[5\]: "1\.2\.3\.4\.evil\.com" is no address/);
  const back = readDecisions(JSON.stringify(toCrowdsec(bans, now)), 'import', now).bans;
  assert.deepEqual(
    back.map(({ subject, origin, reason }) => [subject, origin, reason]),
    bans.map(({ subject, origin, reason }) => [subject, origin, reason]),
  );
  const flat = '[{"duration" : "4h", "scope" : "ip", "type" : "ban", "value" : "1.2.3.4"}]';
  assert.equal(readDecisions(flat, 'list', now).bans[0]?.origin, 'list');
  assert.deepEqual(readDecisions('null', 'x', now).bans, []);
  const plain = readDecisions(`# list\n${toPlain(bans)}\n bad line ; x\n`, 'x', now, 1_000);
  assert.deepEqual(
    plain.bans.map(({ until }) => until),
    [now + 1_000, now + 1_000],
  );
  assert.equal(plain.refused, 1);
});

test('any text is taken or refused, never more', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), text => {
      try {
        for (const { until = 0 } of readDecisions(text, 'x', now).bans) assert.ok(until > now);
      } catch (error) {
        assert.ok(error instanceof TypeError);
      }
    }),
  );
  assert.equal(parseDuration('1h30m'), 5_400_000);
  for (const wrong of ['', 'h', '1', '-1h', '1h ', '1y', '0s'])
    assert.equal(parseDuration(wrong), undefined, wrong);
});
