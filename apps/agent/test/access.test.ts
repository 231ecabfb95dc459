/** Who may use the local API, and who may not. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { AddressTaken } from '../src/agent.ts';
import type { BanPlan, BansAnswer } from '../src/bans/contract.ts';
import type { JournalAnswer } from '../src/journal/contract.ts';
import { eventually, startAgent, type TestAgent } from './support/running.ts';

let agent: TestAgent;

before(async () => {
  agent = await startAgent({ mode: 'reduced' });
});
after(() => agent.end());

const post = (body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${agent.base}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

/** A request whose Host header says what we want, which fetch does not allow. */
function statusWithHost(host: string, path: string): Promise<number | undefined> {
  const { port } = new URL(agent.base);
  return new Promise((resolve, reject) => {
    request({ port, path, headers: { host } }, response => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

test('without a session the API answers 401 in both languages', async () => {
  const answer = await fetch(`${agent.base}/api/summary`);
  assert.equal(answer.status, 401);
  const { error } = (await answer.json()) as { error: { code: string; en: string; zh: string } };
  assert.equal(error.code, 'unauthorized');
  assert.match(error.en, /token/);
  assert.match(error.zh, /令牌/);
});

test('the token opens a session whose cookie scripts cannot read', async () => {
  const answer = await post({ token: agent.token });
  assert.equal(answer.status, 204);
  const cookie = answer.headers.get('set-cookie') ?? '';
  assert.match(cookie, /HttpOnly/);
  assert.match(cookie, /SameSite=Strict/);
  assert.ok(!cookie.includes(agent.token), 'the cookie is not the token');
  const [pair = ''] = cookie.split(';');
  assert.equal((await fetch(`${agent.base}/api/summary`, { headers: { cookie: pair } })).status, 200);
});

test('a wrong token, a missing one and a wrong kind of body are refused', async () => {
  assert.equal((await post({ token: `${agent.token}x` })).status, 401);
  assert.equal((await post({})).status, 400);
  const form = await fetch(`${agent.base}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: JSON.stringify({ token: agent.token }),
  });
  assert.equal(form.status, 400, 'a form of another site can send text, which is not read as JSON');
});

test('names that only point to this host are refused (DNS rebinding)', async () => {
  assert.equal(await statusWithHost('evil.example', '/'), 403);
  assert.equal(await statusWithHost('127.0.0.1.evil.example:7400', '/api/summary'), 403);
  assert.notEqual(await statusWithHost(`localhost:${new URL(agent.base).port}`, '/'), 403);
});

test('pages of other origins are refused, also those of other local ports', async () => {
  const answer = await post({ token: agent.token }, { origin: 'http://127.0.0.1:1' });
  assert.equal(answer.status, 403);
});

test('every answer carries the strict content security policy', async () => {
  for (const path of ['/', '/api/summary', '/nothing']) {
    const policy = (await fetch(agent.base + path)).headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'/, path);
    assert.doesNotMatch(policy, /unsafe/, path);
  }
});

test('the socket is for its owner only, and only there the token is given out', async () => {
  const { socket: socketPath } = agent.options;
  assert.equal(statSync(socketPath).mode & 0o777, 0o600);
  assert.equal((await agent.ask('/api/page')).status, 403);
  const answer = await new Promise<string>((resolve, reject) => {
    request({ socketPath, path: '/api/page' }, async response => {
      resolve((await response.setEncoding('utf8').toArray()).join(''));
    })
      .on('error', reject)
      .end();
  });
  assert.deepEqual(JSON.parse(answer), { url: `${agent.base}/#token=${agent.token}` });
});

test('a second agent on the same socket is refused by name', async () => {
  await assert.rejects(startAgent({ socket: agent.options.socket }), (error: Error) => {
    assert.ok(error instanceof AddressTaken);
    assert.match(error.message, /already running/);
    return true;
  });
});

test('a second agent on the same record is refused, naming the process that holds it', async () => {
  const second = startAgent({ stateDirectory: agent.options.stateDirectory });
  await assert.rejects(second, new RegExp(`\\b${process.pid}\\b`));
});

test('a port in use is named, with what to do', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  try {
    await assert.rejects(startAgent({ port, mode: 'reduced' }), new RegExp(`port ${port} .*--port`));
  } finally {
    other.close();
  }
});

test('what a query gets wrong is told', async () => {
  const bad = await agent.ask(`/api/events?where=${encodeURIComponent('process.pid = = 1')}`);
  assert.equal(bad.status, 400);
  const { error } = (await bad.json()) as { error: { code: string; column: number } };
  assert.equal(error.code, 'bad_where');
  assert.equal(error.column, 15);
  assert.equal((await agent.ask('/api/events?kinds=file.invented')).status, 400);
  assert.equal((await agent.ask('/api/events?limit=0')).status, 400);
  assert.equal((await agent.ask('/api/findings?before=x')).status, 400);
  assert.equal((await agent.ask('/api/findings/none')).status, 404);
  assert.equal((await agent.ask('/api/stream?topics=gossip')).status, 400);
});

test('what the page changes is in the journal under the name of who uses it; without a session nothing is changed', async () => {
  const body = JSON.stringify({ subject: '203.0.113.77', seconds: 60 });
  const headers = { 'content-type': 'application/json', 'x-redoubt-operator': encodeURIComponent('李雷\n') };
  const path = '/api/bans';
  assert.equal((await fetch(agent.base + path, { method: 'POST', headers, body })).status, 401);
  const planned = await agent.ask(`${path}/plan`, { method: 'POST', headers, body });
  const { plan } = (await planned.json()) as BanPlan;
  assert.match(plan.leaves[0]?.en ?? '', /nothing is blocked/);
  assert.equal((await agent.get<BansAnswer>(path)).total, 0, 'a plan changes nothing');
  assert.equal((await agent.ask(path, { method: 'POST', headers, body })).status, 200);
  const { items } = await agent.get<JournalAnswer>('/api/journal?limit=2');
  assert.deepEqual(
    items.map(({ entry }) => [entry.action, entry.outcome, entry.actor]),
    [
      ['ban.add', 'done', '李雷 (console)'],
      ['ban.add', 'begun', '李雷 (console)'],
    ],
  );
});

test('a header that is no name leaves the way alone', async () => {
  const body = JSON.stringify({ subjects: ['203.0.113.77'] });
  const headers = { 'content-type': 'application/json', 'x-redoubt-operator': '%E4%' };
  assert.equal((await agent.ask('/api/bans/remove', { method: 'POST', headers, body })).status, 200);
  // The journal is read again only so often.
  const entry = await eventually(async () => {
    const { items } = await agent.get<JournalAnswer>('/api/journal?limit=1');
    return items[0]?.entry.action === 'ban.remove' ? items[0].entry : undefined;
  });
  assert.equal(entry.actor, 'console');
});
