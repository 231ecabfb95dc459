/** Application control in a real agent, before a tmpfs of its own: up the ladder, a denial, and back by itself. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { program, Stranger, tmpfs } from '../../../packages/kernel/test/gate/support.ts';
import { redoubt } from '../../cli/test/cli.ts';
import type { FindingsPage } from '../src/api/contract.ts';
import type { ProtectionItem } from '../src/protections/contract.ts';
import { eventually, startAgent, type TestAgent } from './support/running.ts';

const skip = process.getuid?.() === 0 ? false : 'fanotify needs root';

/** @throws Error with the command's words when it ends with anything but 0 */
async function cli(agent: TestAgent, ...words: string[]): Promise<{ stdout: string }> {
  const ended = await redoubt([...words, '--lang', 'en', '--socket', agent.options.socket]);
  if (ended.code !== 0) throw new Error(ended.stderr);
  return ended;
}

test('up the ladder, a program is denied and told, unconfirmed it goes back', { skip }, async t => {
  const folder = tmpfs(t);
  const stranger = await new Stranger(t).ready();
  const agent = await startAgent({ mode: 'reduced', logs: false, gateTimeout: 60_000 });
  t.after(() => agent.end());
  const [known, unknown] = [program(folder, 'known'), program(folder, 'unknown')];
  const state = (): Promise<ProtectionItem> => agent.get('/api/protections/app-control');
  assert.equal((await state()).policy.rung, 'observe');

  const file = join(folder, 'settings.yml');
  await stranger.run(`touch ${file}`);
  const { writeFileSync } = await import('node:fs');
  writeFileSync(file, `mounts: [${folder}]\nrules:\n  - action: allow\n    path: ${known}\n    owner: 0\n`);
  const shown = await cli(agent, 'protect', 'preview', 'app-control', 'audit', '--settings', file);
  assert.match(shown.stdout, /put a gate before/);
  await assert.rejects(
    cli(agent, 'protect', 'set', 'app-control', 'enforce', '--settings', file, '--yes'),
    /audit first/,
  );
  await cli(agent, 'protect', 'set', 'app-control', 'audit', '--settings', file, '--yes');
  assert.equal(await stranger.run(unknown), 0);
  const findings = (title: RegExp) => async () => {
    const { items } = await agent.get<FindingsPage>('/api/findings');
    return items.find(({ redoubt }) => title.test(redoubt.title.en));
  };
  await eventually(findings(/^Program would be denied: .*\/unknown$/));

  await cli(agent, 'protect', 'set', 'app-control', 'enforce', '--confirm-within', '5s', '--yes');
  const begun = performance.now();
  assert.ok((await state()).trial);
  assert.equal(await stranger.run(unknown), 126);
  assert.equal(await stranger.run(known), 0);
  const denied = await eventually(findings(/^Program denied: .*\/unknown$/));
  assert.match(
    denied.redoubt.reasons[0]?.text.en ?? '',
    /no package, catalog, golden state or rule knows it/,
  );
  await eventually(async () => ((await state()).policy.rung === 'audit' ? true : undefined));
  assert.ok(performance.now() - begun >= 3_000, 'not before its time');
  assert.equal(await stranger.run(unknown), 0);
  await eventually(findings(/has stepped back by itself/));

  await cli(agent, 'protect', 'set', 'app-control', 'enforce', '--yes');
  await cli(agent, 'protect', 'confirm', 'app-control');
  assert.equal(await stranger.run(unknown), 126);
  await cli(agent, 'app-control', 'bypass');
  assert.equal(await stranger.run(unknown), 0);
  const report = JSON.parse((await cli(agent, 'app-control', 'report', '--json')).stdout) as {
    covered: string[];
    counters: Record<string, number>;
  };
  assert.deepEqual(report.covered, [folder]);
  assert.ok((report.counters['denies'] ?? 0) >= 2);
  await pause(0);
  await cli(agent, 'protect', 'undo', 'app-control');
  assert.equal(await stranger.run(unknown), 126, 'the undo of the bypass');
});
