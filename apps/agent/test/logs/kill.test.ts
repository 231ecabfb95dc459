/** Every line of a rotating log is recorded exactly once, though the agent is killed again and again. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openReader } from '@redoubt/store';
import { registerDecoders } from '../../src/agent.ts';
import { eventually } from '../support/running.ts';
import { BusyLog } from './support/busy-log.ts';
import { testFolders } from './support/folders.ts';

const childPath = join(import.meta.dirname, 'support/agent-child.ts');

async function startChild(state: string, rules: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [childPath, state, rules], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [first] = await Promise.race([once(child.stdout ?? child, 'data'), once(child, 'exit')]);
  assert.equal(String(first), 'ready\n', 'the agent did not start');
  return child;
}

/** How often each line is in the record, by its number. */
async function recorded(state: string): Promise<Map<number, number>> {
  const reader = openReader(state);
  try {
    const seen = new Map<number, number>();
    for await (const event of reader.events({ kinds: ['http.request'] })) {
      const path = String(event.get('http_request.url.path'));
      const number = Number(/^\/page\/(\d+)$/.exec(path)?.[1]);
      seen.set(number, (seen.get(number) ?? 0) + 1);
    }
    return seen;
  } finally {
    reader.close();
  }
}

test('killed four times while a log is written and rotated: every line once', async context => {
  registerDecoders();
  const folders = testFolders();
  const log = new BusyLog(join(folders.logs, 'access.log'));
  let child: ChildProcess | undefined;
  context.after(() => {
    child?.kill('SIGKILL');
    log.close();
    folders.remove();
  });
  writeFileSync(
    join(folders.state, 'logs.yml'),
    `defaults: false
sources:
  - name: web
    type: file
    paths: [${log.path}]
    format: web-access
    from: start
`,
  );
  let step = 0;
  const writing = setInterval(() => {
    log.write(40);
    step += 1;
    // What was rotated away before a log was first followed is not ours to read.
    if (step % 60 === 0 && existsSync(join(folders.state, 'log-positions.json'))) log.rotate();
  }, 20);
  context.after(() => clearInterval(writing));
  for (let round = 0; round < 4; round += 1) {
    child = await startChild(folders.state, folders.rules);
    await sleep(300 + Math.random() * 1_500);
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  clearInterval(writing);
  child = await startChild(folders.state, folders.rules);
  await eventually(async () => ((await recorded(folders.state)).size >= log.written ? true : undefined));
  child.kill('SIGTERM');
  await once(child, 'exit');
  const seen = await recorded(folders.state);
  const missing = Array.from({ length: log.written }, (_, number) => number).filter(
    number => !seen.has(number),
  );
  const doubled = [...seen].filter(([, count]) => count > 1);
  assert.deepEqual({ missing, doubled }, { missing: [], doubled: [] });
  assert.equal(seen.size, log.written);
  context.diagnostic(`${log.written} lines`);
});
