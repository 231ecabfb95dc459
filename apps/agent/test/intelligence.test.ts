/** Indicators in a real agent: imported on the socket only, looked for in history, then in what logs say. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Finding, Finding as FindingSchema } from '@redoubt/model';
import { Value } from 'typebox/value';
import type { FindingsPage } from '../src/api/contract.ts';
import type { ImportMessage, IntelligenceAnswer } from '../src/intelligence/contract.ts';
import { eventually, startAgent, type TestAgent } from './support/running.ts';

const folder = mkdtempSync(join(tmpdir(), 'redoubt-intelligence-'));
const state = join(folder, 'state');
const log = join(folder, 'access.log');
const feed = join(folder, 'feed.txt');
const options = { mode: 'reduced', logs: true, stateDirectory: state } as const;
let agent: TestAgent;

before(async () => {
  mkdirSync(state, { mode: 0o700 });
  writeFileSync(log, line('198.51.100.7'));
  writeFileSync(
    join(state, 'logs.yml'),
    `defaults: false\nsources:\n  - name: web\n    type: file\n    paths: [${log}]\n    format: web-access\n    from: start\n`,
  );
  agent = await startAgent(options);
});
after(async () => {
  await agent?.end();
  rmSync(folder, { recursive: true, force: true });
});

function line(address: string): string {
  return `${address} - - [${clfTime(new Date())}] "GET /shop HTTP/1.1" 200 12 "-" "curl/8"\n`;
}

/** Time as Common Log Format writes it. */
function clfTime(date: Date): string {
  const [, day, month, year, time] = /(\d\d) (\w{3}) (\d{4}) ([\d:]{8})/.exec(date.toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}

/** Asks over the unix socket. */
function onSocket(method: string, path: string, body?: unknown): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { host: 'localhost', ...(body !== undefined && { 'content-type': 'application/json' }) };
    const asked = request({ socketPath: agent.options.socket, method, path, headers }, answer => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => {
        text += part;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      answer.on('error', reject);
    });
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function importPlain(name: string, text: string): Promise<ImportMessage[]> {
  writeFileSync(feed, text);
  const body = {
    source: { name, local: true, confidence: 90 },
    input: { format: 'plain', path: feed },
    origin: 'the test',
  };
  const { status, text: lines } = await onSocket('POST', '/api/intelligence/import', body);
  assert.equal(status, 200, lines);
  return lines
    .trim()
    .split('\n')
    .map(one => JSON.parse(one) as ImportMessage);
}

const findingOf = (source: string, value: string): Promise<Finding> =>
  eventually(async () => {
    const { items } = await agent.get<FindingsPage>('/api/findings');
    return items.find(
      ({ finding_info: info, redoubt }) =>
        info.analytic.uid === `intelligence:${source}` &&
        redoubt.reasons.some(reason => reason.value === value),
    );
  });

test('without a feed there is nothing, and the page cannot make the agent read files', async () => {
  const empty = await agent.get<IntelligenceAnswer>('/api/intelligence');
  assert.deepEqual([empty.items, empty.indicators], [[], 0]);
  const body = JSON.stringify({ source: { name: 'x' }, input: { format: 'plain', path: feed } });
  const headers = { 'content-type': 'application/json' };
  const refused = await agent.ask('/api/intelligence/import', { method: 'POST', headers, body });
  assert.equal(refused.status, 403);
  assert.equal((await onSocket('POST', '/api/intelligence/import', { source: {} })).status, 400);
  assert.equal((await onSocket('DELETE', '/api/intelligence/source?name=x')).status, 404);
});

test('an import finds in history what was recorded before it', async () => {
  await eventually(async () => {
    const { items } = await agent.get<{ items: unknown[] }>('/api/events?kinds=http.request');
    return items[0];
  });
  const messages = await importPlain('own', '198.51.100.7\n198.51.100.9\nnot an indicator at all\n');
  const last = messages.at(-1);
  assert.ok(last !== undefined && 'report' in last, JSON.stringify(last));
  assert.equal(last.report.indicators, 2);
  assert.equal(last.report.refused, 1);
  assert.ok(last.report.breadth);
  assert.deepEqual(last.report.hunt?.most, [{ value: '198.51.100.7', events: 1 }]);
  assert.equal(last.report.hunt?.findings, 1);
  assert.ok(messages.some(message => 'progress' in message && message.progress.step === 'hunting'));
  const finding = await findingOf('own', '198.51.100.7');
  assert.deepEqual([...Value.Errors(FindingSchema, finding)], []);
  assert.equal(finding.evidences.length > 0, true);
});

test('what comes later is found when it comes, and counted once', async () => {
  appendFileSync(log, line('198.51.100.9'));
  const finding = await findingOf('own', '198.51.100.9');
  assert.equal(finding.count, 1);
  const { items, sightings } = await agent.get<IntelligenceAnswer>('/api/intelligence');
  assert.deepEqual(
    items.map(({ name, local, held, origin, kinds }) => [name, local, held, origin, kinds]),
    [['own', true, false, 'the test', { ipv4: 2 }]],
  );
  assert.ok(sightings >= 2);
});

test('a damaged feed changes nothing and is explained', async () => {
  const [message] = (await importPlain('own', '')).slice(-1);
  assert.ok(message !== undefined && 'error' in message, JSON.stringify(message));
  assert.match(message.error.zh, /导入失败/);
  assert.equal((await agent.get<IntelligenceAnswer>('/api/intelligence')).indicators, 2);
});

test('a source rests while it is held, holds on over a restart, and goes when it is removed', async () => {
  const held = await onSocket('POST', '/api/intelligence/hold', { source: 'own', held: true });
  assert.equal(held.status, 200, held.text);
  // Another source's finding shows that the line before it has been looked up.
  await importPlain('other', '198.51.100.20\n');
  const before = (await agent.get<IntelligenceAnswer>('/api/intelligence')).sightings;
  appendFileSync(log, line('198.51.100.9') + line('198.51.100.20'));
  await findingOf('other', '198.51.100.20');
  assert.equal((await agent.get<IntelligenceAnswer>('/api/intelligence')).sightings, before + 1);
  await agent.end();
  agent = await startAgent(options);
  const { items } = await agent.get<IntelligenceAnswer>('/api/intelligence');
  assert.deepEqual(
    items.map(({ name, held: rests }) => [name, rests]),
    [
      ['own', true],
      ['other', false],
    ],
  );
  const removed = await onSocket('DELETE', '/api/intelligence/source?name=own');
  assert.deepEqual(JSON.parse(removed.text), { removed: 2 });
  assert.equal((await onSocket('POST', '/api/intelligence/hold', { source: 'own', held: true })).status, 404);
});

test('a program whose digest is listed is found when it starts, though it is hashed later', async () => {
  const watching = await startAgent({ mode: 'kernel', logs: false });
  const reduced = agent;
  agent = watching;
  try {
    // Bytes after the end of a program change its digest and nothing else.
    const program = join(folder, 'listed-program');
    writeFileSync(program, Buffer.concat([readFileSync('/bin/sleep'), Buffer.from(folder)]), { mode: 0o700 });
    const digest = createHash('sha256').update(readFileSync(program)).digest('hex');
    await importPlain('digests', `${digest}\n`);
    await once(spawn(program, ['0.3']), 'exit');
    const finding = await findingOf('digests', digest);
    assert.equal(finding.evidences[0]?.process?.file?.path, program);
    assert.equal(finding.count, 1);
  } finally {
    agent = reduced;
    await watching.end();
  }
});
