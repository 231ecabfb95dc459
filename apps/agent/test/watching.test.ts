/** A real agent with the kernel sensor: a program run from memory becomes a finding with all that is known. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Event, Finding } from '@redoubt/model';
import type { EventsPage, FindingsPage, FindingTree, ProcessesAnswer, Summary } from '../src/api/contract.ts';
import { eventually, startAgent, type TestAgent } from './support/running.ts';

const drillProgram = join(import.meta.dirname, '../../../packages/prove/build/redoubt-drill');
const tag = `agent-test-${process.pid}`;
const hashTag = `hash-test-${process.pid}`;
let agent: TestAgent;

before(async () => {
  agent = await startAgent({ mode: 'kernel' });
});
after(() => agent.end());

/** Reads messages of the stream until one is wanted. */
async function streamed<T>(path: string, name: string, wanted: (data: T) => boolean): Promise<T> {
  const stop = new AbortController();
  const response = await agent.ask(path, { signal: stop.signal });
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  let text = '';
  try {
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      const messages = text.split('\n\n');
      text = messages.pop() ?? '';
      for (const message of messages) {
        const [, type, data] = /^event: (\w+)\ndata: (.*)$/.exec(message) ?? [];
        if (type === name && data !== undefined && wanted(JSON.parse(data) as T))
          return JSON.parse(data) as T;
      }
    }
  } finally {
    stop.abort();
  }
  throw new Error(`the stream ended without the wanted ${name}`);
}

// The drill program itself may stand in /tmp, which is a finding of its own.
const about = (finding: Finding) =>
  finding.finding_info.analytic.uid === 'fileless-exec-memfd' &&
  finding.evidences.some(({ process: found }) => found?.cmd_line?.includes(tag));

/** Runs a copy of /bin/true from memory. */
const runFromMemory = (name: string) => once(spawn(drillProgram, ['memfd-exec', name]), 'exit');

test('a copy of /bin/true run from memory is found, live, with ancestry, user and reasons', async () => {
  const live = streamed<Finding>('/api/stream?topics=findings', 'finding', about);
  await new Promise(resolve => setTimeout(resolve, 200)); // the listener's request is on its way
  await runFromMemory(tag);
  const { finding_info: info } = await live;

  const finding = await agent.get<Finding>(`/api/findings/${info.uid}`);
  assert.equal(info.analytic.uid, 'fileless-exec-memfd');
  assert.equal(info.attacks[0]?.technique?.uid, 'T1620');
  assert.ok(finding.redoubt.reasons.length > 0);
  for (const { text } of finding.redoubt.reasons) assert.match(text.zh, /\p{Script=Han}/u);
  assert.match(finding.redoubt.title.zh, /\p{Script=Han}/u);
  assert.ok(finding.device?.hostname);

  const found = finding.evidences[0]?.process;
  assert.equal(found?.file?.is_memfd, true);
  assert.equal(found?.user?.uid, String(process.getuid?.()));
  const ancestors = found?.ancestry?.map(entity => entity.pid) ?? [];
  assert.ok(ancestors.includes(process.pid), 'this very process is an ancestor');
  assert.ok(ancestors.includes(1), 'and so is the first process');

  const tree = await agent.get<FindingTree>(`/api/findings/${info.uid}/tree`);
  assert.equal(tree.focus, found?.uid);
  assert.equal(new Set(tree.processes.map(node => node.uid)).size, tree.processes.length, 'names are unique');
  assert.ok(tree.processes.find(node => node.uid === tree.focus)?.flags.includes('finding'));
});

test('the hash of a program that lived in memory for a millisecond is known', async () => {
  // Under load one run may be gone before it can be opened, but not ten in a row.
  for (let run = 0; run < 10; run++) await runFromMemory(`${hashTag}-${run}`);
  const hash = await eventually(async () => {
    const { items } = await agent.get<FindingsPage>(`/api/findings?q=${encodeURIComponent(hashTag)}`);
    return items.flatMap(item => item.evidences[0]?.process?.file?.hashes ?? []).at(0);
  });
  assert.match(hash.value, /^[0-9a-f]{64}$/);
});

test('the record holds the same event, and the filter finds it', async () => {
  const where = encodeURIComponent(`process.cmd_line contains "${tag}" and kind = "process.exec"`);
  const page = await agent.get<EventsPage>(`/api/events?where=${where}`);
  const event = page.items.find(item => item.process?.file?.is_memfd);
  assert.ok(event, JSON.stringify(page.items.map(item => item.process?.cmd_line)));
  assert.equal(event.class_uid, 1007);
  assert.ok(Number.isInteger(event.metadata.sequence));
});

test('events stream by filter', async () => {
  const path = `/api/stream?topics=events&kinds=process.exec&where=${encodeURIComponent(`process.cmd_line contains "${tag}-s"`)}`;
  const timer = setInterval(() => spawn('/bin/true', [`${tag}-s`]), 100);
  try {
    const event = await streamed<Event>(path, 'event', () => true);
    assert.match(event.process?.cmd_line ?? '', new RegExp(`${tag}-s`));
  } finally {
    clearInterval(timer);
  }
});

test('the summary counts and measures; processes are listed as they run', async () => {
  const summary = await eventually(async () => {
    const now = await agent.get<Summary>('/api/summary');
    return now.latency_ms.event_to_stored_p99 === null ? undefined : now;
  });
  assert.equal(summary.agent.mode, 'kernel');
  assert.equal(summary.sensors[0]?.state, 'running');
  assert.ok(summary.events.total > 0);
  assert.ok((summary.events.by_kind['process.exec'] ?? 0) > 0);
  assert.ok(summary.latency_ms.event_to_finding_p99 !== null);
  assert.ok(summary.findings.open > 0);
  const { items } = await agent.get<ProcessesAnswer>('/api/processes');
  const self = items.find(node => node.pid === process.pid);
  assert.match(self?.exe ?? '', /node$/);
});

test('findings are found by words; a resolved one that happens again is a new one', async () => {
  const find = async () =>
    (await agent.get<FindingsPage>(`/api/findings?status=1&q=${encodeURIComponent(`fileless ${tag}`)}`))
      .items;
  const [first] = await find();
  assert.ok(first);
  const { uid } = first.finding_info;
  const resolve = await agent.ask(`/api/findings/${uid}/status`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ status_id: 4, comment: '演练' }),
  });
  const resolved = (await resolve.json()) as Finding;
  assert.equal(resolved.status_id, 4);
  assert.equal(resolved.comment, '演练');
  assert.deepEqual(await find(), []);

  await runFromMemory(tag);
  const [again] = await eventually(async () => {
    const found = await find();
    return found.length > 0 ? found : undefined;
  });
  assert.notEqual(again?.finding_info.uid, uid);
});
