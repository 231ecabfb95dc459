/** Kills an action of a kind at each point around what it does to the system. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type ActionKind, Responder } from '../../../src/response/index.ts';
import { Fate } from '../../ladder/support/mortal.ts';
import { fileJournal, lastWord, mortalRemoval, testFolder } from './folder.ts';

/** Puts a point in front of and behind everything that a kind does to the system. */
function mortal<T, U>(kind: ActionKind<T, U>, fate: Pick<Fate, 'point'>): ActionKind {
  const wrapped = (name: 'apply' | 'undo') => async (target: T, undo: U) => {
    fate.point();
    await kind[name]?.(target, undo);
    fate.point();
  };
  return { ...kind, apply: wrapped('apply'), undo: wrapped('undo') } as unknown as ActionKind;
}

/** Dead at each point around a kind's own steps, the state is the first or the second, and the journal tells which. */
export async function dies<T, U>(
  context: TestContext,
  kind: ActionKind<T, U>,
  target: object,
  state: () => string | Promise<string>,
): Promise<void> {
  const open = (folder: string, fate: Pick<Fate, 'point'>): Promise<Responder> =>
    Responder.open({
      stateDirectory: folder,
      journal: fileJournal(folder, () => fate.point()),
      kinds: [mortal(kind, fate)],
      calls: mortalRemoval(fate),
    });
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
