/** Killed at any moment of any step, the ladder finds back: the step is whole or not at all, and the journal tells. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { JournalEntry } from '@redoubt/model';
import { Ladder } from '../../src/index.ts';
import { fileProtection, inForce } from './support/file-protection.ts';
import { Fate, takeStep } from './support/mortal.ts';

const child = join(import.meta.dirname, 'support/mortal-child.ts');

function journalOf(folder: string): JournalEntry[] {
  const path = join(folder, 'journal');
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as JournalEntry);
}

async function reopened(folder: string): Promise<string> {
  const ladder = Ladder.open({
    stateDirectory: folder,
    journal: {
      async append(entry) {
        appendFileSync(join(folder, 'journal'), `${JSON.stringify(entry)}\n`);
      },
    },
  });
  await ladder.register(fileProtection(folder));
  const { policy, unmet, busy } = ladder.view('names');
  assert.equal(unmet, undefined);
  assert.equal(busy, false);
  return policy.rung === 'observe' ? 'observe' : `${policy.rung} a b`;
}

const steps = [
  { step: 'audit', first: [], before: 'observe', after: 'audit a b' },
  { step: 'enforce', first: [], before: 'observe', after: 'enforce a b' },
  { step: 'confirm', first: ['enforce'], before: 'enforce a b', after: 'enforce a b' },
  { step: 'undo', first: ['audit', 'enforce'], before: 'enforce a b', after: 'audit a b' },
];

type Case = (typeof steps)[number];

/** What was left behind by a step that died at a point must be whole, and the journal must tell which. */
async function judge(folder: string, { step, before, after }: Case, at: number): Promise<void> {
  const stands = await reopened(folder);
  assert.equal(inForce(folder), stands, `point ${at}: what is in force is not what stands`);
  assert.ok(stands === before || stands === after, `point ${at}: ${stands}`);
  const last = journalOf(folder).at(-1);
  if (step !== 'confirm' && stands === after) assert.match(last?.outcome ?? '', /done|undone/, `point ${at}`);
  if (stands === before && last?.outcome === 'begun') assert.fail(`point ${at}: the journal leaves it open`);
}

function folders(t: TestContext): { origin: string; folder: string; fresh: () => void } {
  const origin = mkdtempSync(join(tmpdir(), 'redoubt-ladder-'));
  const folder = `${origin}-run`;
  t.after(() => {
    for (const one of [origin, folder]) rmSync(one, { recursive: true, force: true });
  });
  const fresh = (): void => {
    rmSync(folder, { recursive: true, force: true });
    cpSync(origin, folder, { recursive: true });
  };
  return { origin, folder, fresh };
}

for (const one of steps) {
  test(`dead at any point of ${one.step}`, async t => {
    const { origin, folder, fresh } = folders(t);
    for (const step of one.first) await takeStep(origin, step, new Fate(0));
    fresh();
    const whole = new Fate(0);
    await takeStep(folder, one.step, whole);
    assert.equal(inForce(folder), one.after);
    assert.ok(whole.points >= 12, `only ${whole.points} points`);
    for (let at = 1; at <= whole.points; at++) {
      fresh();
      const fate = new Fate(at);
      await takeStep(folder, one.step, fate).catch(() => undefined);
      assert.ok(fate.isDead);
      await judge(folder, one, at);
    }
  });
}

test('killed for good in the middle of an apply', async t => {
  const { folder, fresh } = folders(t);
  fresh();
  const whole = new Fate(0);
  await takeStep(folder, 'enforce', whole);
  fresh();
  const at = Math.floor(whole.points / 2);
  const { signal } = spawnSync(process.execPath, [child, folder, 'enforce', String(at)]);
  assert.equal(signal, 'SIGKILL');
  await judge(folder, steps[1] as Case, at);
});
