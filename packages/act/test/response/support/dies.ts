/** Kills an action of a kind at each point around what it does to the system. */
import assert from 'node:assert/strict';
import { basename } from 'node:path';
import type { TestContext } from 'node:test';
import { type ActionKind, Responder } from '../../../src/response/index.ts';
import { Fate } from '../../ladder/support/mortal.ts';
import { fileJournal, lastWord, type Mortal, mortalRemoval, testFolder } from './folder.ts';

/**
 * Where each kind of action is killed at each of its steps. `every-kind.test.ts` holds this to the kinds that there are,
 * and {@link killedHere} to the tests.
 */
export const killedIn: Readonly<Record<string, string>> = {
  'isolate-host': 'isolation.test.ts',
  'block-address': 'every-kind.test.ts',
  'block-domain': 'kinds.test.ts',
  'block-hash': 'kinds.test.ts',
  'suspend-tree': 'every-kind.test.ts',
  'kill-tree': 'every-kind.test.ts',
  'freeze-container': 'accounts.test.ts',
  'freeze-unit': 'every-kind.test.ts',
  'stop-container': 'every-kind.test.ts',
  'stop-unit': 'kinds.test.ts',
  'quarantine-file': 'accounts.test.ts',
  'restore-file': 'kinds.test.ts',
  snapshot: 'kinds.test.ts',
  'disable-account': 'accounts.test.ts',
  'revoke-keys': 'accounts.test.ts',
};

/** Checks that a test stands where {@link killedIn} says. */
export function killedHere(context: TestContext, kind: string): void {
  assert.equal(basename(context.filePath ?? ''), killedIn[kind], `${kind} in killedIn of support/dies.ts`);
}

/** Puts a point in front of and behind everything that a kind does to the system. */
function mortal<T, U>(kind: ActionKind<T, U>, fate: Pick<Fate, 'point'>): ActionKind {
  const wrapped = (name: 'apply' | 'undo') => async (target: T, undo: U) => {
    fate.point();
    await kind[name]?.(target, undo);
    fate.point();
  };
  const undo = kind.undo === undefined ? {} : { undo: wrapped('undo') };
  return { ...kind, apply: wrapped('apply'), ...undo } as unknown as ActionKind;
}

/** Dead at each point around a kind's own steps, the state is the first or the second, and the journal tells which. */
export async function dies<T, U>(
  context: TestContext,
  kind: ActionKind<T, U>,
  target: object,
  state: () => string | Promise<string>,
): Promise<void> {
  killedHere(context, kind.name);
  const open = opener(kind);
  const before = await state();
  const whole = new Fate(0);
  const first = await open(testFolder(context), whole);
  const { uid } = await first.run({ kind: kind.name, target, by: 'ann' });
  const after = await state();
  assert.notEqual(after, before);
  await first.undo(uid, 'ann');
  assert.equal(await state(), before, 'undone exactly');
  for (let at = 1; at <= whole.points; at++) {
    const folder = testFolder(context);
    const fate = new Fate(at);
    try {
      const responder = await open(folder, fate);
      const action = await responder.run({ kind: kind.name, target, by: 'ann' });
      await responder.undo(action.uid, 'ann');
    } catch {
      // It died, as it should.
    }
    assert.ok(fate.isDead);
    const responder = await open(folder, { point: () => undefined });
    const [action] = responder.list();
    const isDone = action?.status === 'done';
    assert.equal(await state(), isDone ? after : before, `point ${at}: ${action?.status}`);
    assert.match(lastWord(folder), isDone ? /run done/ : /undone|failed|^$/, `point ${at}`);
    if (isDone) await responder.undo(action.uid, 'ann');
  }
}

/**
 * The same for what cannot be undone: dead at each point, after the next start it has been done as a whole or never was
 * begun.
 * @param make a fresh target, and how to see whether it was done to it
 */
export async function diesForGood<T, U>(
  context: TestContext,
  kind: ActionKind<T, U>,
  make: () => Promise<{ readonly target: object; readonly isDone: () => boolean }>,
): Promise<void> {
  killedHere(context, kind.name);
  const open = opener(kind);
  const run = async (folder: string, fate: Fate, target: object): Promise<void> => {
    const responder = await open(folder, fate);
    await responder.run({ kind: kind.name, target, by: 'ann' });
  };
  const whole = new Fate(0);
  const first = await make();
  await run(testFolder(context), whole, first.target);
  assert.ok(first.isDone());
  assert.ok(whole.points >= 5, `only ${whole.points} points`);
  for (let at = 1; at <= whole.points; at++) {
    const folder = testFolder(context);
    const { target, isDone } = await make();
    await run(folder, new Fate(at), target).catch(() => undefined);
    const responder = await open(folder, { point: () => undefined });
    const [action] = responder.list();
    assert.equal(isDone(), action?.status === 'done', `point ${at}: ${action?.status}`);
    assert.match(lastWord(folder), isDone() ? /run done/ : /failed|^$/, `point ${at}`);
  }
}

function opener<T, U>(kind: ActionKind<T, U>) {
  return (folder: string, fate: Mortal): Promise<Responder> =>
    Responder.open({
      stateDirectory: folder,
      journal: fileJournal(folder, () => fate.point()),
      kinds: [mortal(kind, fate)],
      calls: mortalRemoval(fate),
    });
}
