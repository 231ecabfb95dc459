/** A real agent: its findings become an incident that can be read, decided on, suppressed, and found again. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Finding, Incident } from '@redoubt/model';
import { Value } from 'typebox/value';
import { type AgentOptions, runAgent } from '../src/agent.ts';
import type { FindingsPage, IncidentsPage, SuppressAnswer, SuppressionsAnswer } from '../src/api/contract.ts';
import { eventually, startAgent, type TestAgent } from './support/running.ts';

const drillProgram = join(import.meta.dirname, '../../../packages/prove/build/redoubt-drill');
const tag = `incident-test-${process.pid}`;
let agent: TestAgent;

before(async () => {
  agent = await startAgent({ mode: 'kernel', logs: false });
});
after(() => agent.end());

const drill = async (name: string) => once(spawn(drillProgram, [name, tag]), 'exit');
const ofThis = ({ evidences }: Finding) => evidences.some(({ process: one }) => one?.cmd_line?.includes(tag));

/** The incident of the drills of this test, once it has `count` findings. */
const incident = (count: number) =>
  eventually(async () => {
    const { items } = await agent.get<IncidentsPage>('/api/incidents?status=1,2,3');
    return items.find(
      one => one.redoubt.story.some(step => step.text.en.includes(tag)) && one.count >= count,
    );
  });

async function post<T>(path: string, body: unknown, status = 200): Promise<T> {
  const answer = await agent.ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, status, await answer.clone().text());
  return (await answer.json()) as T;
}

test('findings of one session are one incident, live and in the list', async () => {
  const stop = new AbortController();
  const stream = await agent.ask('/api/stream?topics=incidents', { signal: stop.signal });
  const live = (async () => {
    let text = '';
    for await (const chunk of stream.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (/^event: incident$/m.test(text)) return true;
    }
    return false;
  })();
  await drill('memfd-exec');
  const first = await incident(1);
  assert.deepEqual([...Value.Errors(Incident, first)], []);
  assert.ok(await live);
  stop.abort();
  assert.ok(first.redoubt.score.value > 0);
  assert.ok(first.redoubt.affected.some(({ type }) => type === 'host'));
  const one = await agent.get<Incident>(`/api/incidents/${first.metadata.uid}`);
  assert.equal(one.metadata.uid, first.metadata.uid);
  assert.equal((await agent.ask('/api/incidents/no-such')).status, 404);
  assert.equal((await agent.ask('/api/incidents?before=x')).status, 400);
});

test('status, owner and comment are kept with who and when', async () => {
  const { metadata } = await incident(1);
  const path = `/api/incidents/${metadata.uid}`;
  await post(`${path}/owner`, { owner: 'wang', author: 'li' });
  await post(`${path}/comment`, { text: '这是演练', author: 'wang' });
  const working = await post<Incident>(`${path}/status`, { status_id: 2, author: 'wang' });
  assert.equal(working.status_id, 2);
  assert.equal(working.assignee?.name, 'wang');
  assert.equal(working.redoubt.comments[0]?.text, '这是演练');
  assert.deepEqual(
    working.redoubt.history.map(({ what, author }) => [what, author]),
    [
      ['created', 'redoubt'],
      ['owner', 'li'],
      ['status', 'wang'],
    ],
  );
  await post(`${path}/status`, { status_id: 9 }, 400);
  await post('/api/incidents/no-such/status', { status_id: 2 }, 404);
});

test('a restart goes on with the same incident', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-incidents-'));
  const options: AgentOptions = {
    ...agent.options,
    stateDirectory: join(folder, 'state'),
    socket: join(folder, 'agent.sock'),
  };
  const running = async (mode: AgentOptions['mode']) => {
    const one = await runAgent({ ...options, mode });
    const { origin, hash } = new URL(one.url);
    const headers = {
      authorization: `Bearer ${hash.replace('#token=', '')}`,
      'content-type': 'application/json',
    };
    const ask = async <T>(path: string, init: RequestInit = {}) =>
      (await (await fetch(origin + path, { ...init, headers })).json()) as T;
    return { ask, stop: () => one.stop() };
  };
  let current = await running('kernel');
  try {
    await drill('memfd-exec');
    const { metadata } = await eventually(
      async () => (await current.ask<IncidentsPage>('/api/incidents')).items[0],
    );
    const path = `/api/incidents/${metadata.uid}`;
    const body = JSON.stringify({ owner: 'wang', author: 'li' });
    const before = await current.ask<Incident>(`${path}/owner`, { method: 'POST', body });
    await current.stop();
    current = await running('reduced');
    const after = await current.ask<Incident>(path);
    assert.equal(after.metadata.uid, before.metadata.uid);
    assert.equal(after.assignee?.name, 'wang');
    assert.deepEqual(after.redoubt.history, before.redoubt.history);
    // It is open in the new agent, not only read from the record.
    const comment = JSON.stringify({ text: 'still here' });
    const commented = await current.ask<Incident>(`${path}/comment`, { method: 'POST', body: comment });
    assert.equal(commented.redoubt.comments[0]?.text, 'still here');
  } finally {
    await current.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('suppressing an incident closes it, and what comes again is recorded as suppressed', async () => {
  const { metadata } = await incident(1);
  const path = `/api/incidents/${metadata.uid}/suppress`;
  const expires_time = Date.now() + 600_000;
  await post(path, { reason: 'x', expires_time: 1 }, 400);
  const { incident: closed, suppressions } = await post<SuppressAnswer>(path, {
    reason: 'a drill',
    expires_time,
  });
  assert.equal(closed.status_id, 5);
  assert.equal(closed.comment, 'a drill');
  assert.equal(closed.redoubt.history.at(-1)?.what, 'suppressed');
  assert.ok(suppressions.some(({ rule }) => rule === 'fileless-exec-memfd'));
  const { items } = await agent.get<SuppressionsAnswer>('/api/suppressions');
  assert.equal(items.length, suppressions.length);

  await drill('memfd-exec');
  const suppressed = await eventually(async () => {
    const page = await agent.get<FindingsPage>('/api/findings?status=3');
    return page.items.find(one => ofThis(one) && one.finding_info.analytic.uid === 'fileless-exec-memfd');
  });
  assert.equal(suppressed.comment, 'a drill');
  const ended = await agent.ask(`/api/suppressions/${items[0]?.uid}`, { method: 'DELETE' });
  assert.equal(ended.status, 200);
  assert.equal((await agent.ask(`/api/suppressions/${items[0]?.uid}`, { method: 'DELETE' })).status, 404);
  await post('/api/suppressions', { reason: 'everything', expires_time }, 400);
});
