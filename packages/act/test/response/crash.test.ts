/** Killed at any moment, an action is fully done or fully undone after the next start, and the journal tells which. */
import assert from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { type ActionKind, Responder } from '../../src/response/index.ts';
import { Fate, fileCalls } from '../ladder/support/mortal.ts';
import { fileKind, inForce } from './support/file-kind.ts';
import { fileJournal, lastWord, testFolder } from './support/folder.ts';

type AfterCrash = 'undo' | 'finish';

async function opened(folder: string, afterCrash: AfterCrash, fate: Pick<Fate, 'point'>): Promise<Responder> {
  const point = (): void => fate.point();
  return Responder.open({
    stateDirectory: folder,
    journal: fileJournal(folder, point),
    kinds: [fileKind(folder, afterCrash, { point }) as unknown as ActionKind],
    calls: fileCalls(fate),
  });
}

const unarmed = { point: () => undefined };

/** Does a step with a fate that begins after the responder is open. */
async function step(folder: string, afterCrash: AfterCrash, name: string, fate: Fate): Promise<void> {
  let isArmed = false;
  const responder = await opened(folder, afterCrash, {
    point: () => {
      if (isArmed) fate.point();
    },
  });
  isArmed = true;
  if (name === 'run')
    await responder.run({ kind: 'write-word', target: { word: 'stop' }, by: 'ann', uid: 'one-1' });
  else if (name === 'undo') await responder.undo('one-1', 'ann');
  else await responder.extend('one-1', 1_000_000, 'ann');
}

const cases = [
  { name: 'run', afterCrash: 'undo', first: false, ends: { '': /failed|^$/, stop: /run done/ } },
  { name: 'run', afterCrash: 'finish', first: false, ends: { '': /^$/, stop: /run done/ } },
  { name: 'undo', afterCrash: 'undo', first: true, ends: { '': /undo undone/, stop: /run done/ } },
  { name: 'extend', afterCrash: 'undo', first: true, ends: { stop: /extend done|run done/ } },
] as const;

for (const { name, afterCrash, first, ends } of cases) {
  test(`dead at any point of ${name} (${afterCrash} after a crash)`, async (context: TestContext) => {
    const origin = testFolder(context);
    const folder = testFolder(context);
    if (first) await step(origin, afterCrash, 'run', new Fate(0));
    const fresh = (): void => {
      rmSync(folder, { recursive: true, force: true });
      cpSync(origin, folder, { recursive: true });
    };
    fresh();
    const whole = new Fate(0);
    await step(folder, afterCrash, name, whole);
    assert.ok(whole.points >= 20, `only ${whole.points} points`);
    const seen = new Set<string>();
    for (let at = 1; at <= whole.points; at++) {
      fresh();
      const fate = new Fate(at);
      await step(folder, afterCrash, name, fate).catch(() => undefined);
      assert.ok(fate.isDead);
      const responder = await opened(folder, afterCrash, unarmed);
      const stands = inForce(folder);
      const expected = (ends as Record<string, RegExp>)[stands];
      assert.ok(expected, `point ${at}: "${stands}" is in force`);
      assert.match(lastWord(folder), expected, `point ${at}: the journal`);
      const status = responder.list()[0]?.status;
      assert.equal(status === 'done', stands === 'stop', `point ${at}: ${status}`);
      seen.add(stands);
    }
    assert.equal(seen.size, Object.keys(ends).length, 'every outcome was met');
  });
}
