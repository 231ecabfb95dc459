/** What every action goes through, with a kind whose effect is a file. */
import assert from 'node:assert/strict';
import fs, { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Bilingual } from '@redoubt/model';
import type { Moment } from '../../src/index.ts';
import { ActionError, type ActionKind, Responder, type ResponderOptions } from '../../src/response/index.ts';
import { fileKind, inForce, type Troubles } from './support/file-kind.ts';
import { fileJournal, journalOf, lastWord, testFolder } from './support/folder.ts';

interface Stage {
  readonly folder: string;
  readonly now: { wall: number; uptime: number; bootId: string };
  readonly told: Bilingual[];
  readonly open: (more?: Partial<ResponderOptions>) => Promise<Responder>;
}

function stage(context: TestContext, troubles: Troubles = {}): Stage {
  const folder = testFolder(context);
  const now: { -readonly [Key in keyof Moment]: Moment[Key] } = {
    wall: 1_000_000,
    uptime: 5_000,
    bootId: 'a',
  };
  const told: Bilingual[] = [];
  const open = (more: Partial<ResponderOptions> = {}): Promise<Responder> =>
    Responder.open({
      stateDirectory: folder,
      journal: fileJournal(folder),
      kinds: [fileKind(folder, 'undo', troubles) as unknown as ActionKind],
      moment: () => ({ ...now }),
      onTrouble: text => told.push(text),
      ...more,
    });
  return { folder, now, told, open };
}

const word = (text: string, more: object = {}) => ({
  kind: 'write-word',
  target: { word: text },
  by: 'ann',
  ...more,
});

function isActionError(code: string) {
  return (error: unknown) => error instanceof ActionError && error.code === code;
}

test('an action is written down, done, told to the journal, and undone', async context => {
  const { folder, open } = stage(context);
  const responder = await open();
  const action = await responder.run(word('stop', { why: 'a test' }));
  assert.equal(action.status, 'done');
  assert.equal(inForce(folder), 'stop');
  assert.equal(responder.view(action.uid).why, 'a test');
  assert.equal((await responder.undo(action.uid, 'bob')).status, 'undone');
  assert.equal((await responder.undo(action.uid, 'bob')).status, 'undone');
  assert.equal(inForce(folder), '');
  const told = journalOf(folder).map(({ actor, action: what, outcome }) => `${actor} ${what} ${outcome}`);
  assert.deepEqual(told, ['ann action.run begun', 'ann action.run done', 'bob action.undo undone']);
});

test('what must not be done is refused before anything is written', async context => {
  const { folder, open } = stage(context);
  const responder = await open();
  await assert.rejects(responder.run(word('forbidden')), isActionError('refused'));
  await assert.rejects(responder.run({ ...word('x'), target: {} }), isActionError('bad_target'));
  await assert.rejects(responder.run({ ...word('x'), kind: 'absent' }), isActionError('unknown'));
  await assert.rejects(responder.undo('0123456789abcdef', 'ann'), isActionError('unknown'));
  assert.deepEqual(journalOf(folder), []);
  assert.deepEqual(readdirSync(join(folder, 'actions')), []);
});

test('the same on the same thing is one action, extended; another target of it is a conflict', async context => {
  const { folder, now, open } = stage(context);
  const responder = await open();
  const first = await responder.run(word('stop', { lasts: 1_000 }));
  const again = await responder.run(word('stop', { lasts: 5_000 }));
  assert.equal(again.uid, first.uid);
  assert.equal(again.until, now.wall + 5_000);
  assert.equal((await responder.run(word('stop', { lasts: 10 }))).until, now.wall + 5_000, 'never shortened');
  assert.equal(
    (await responder.extend(first.uid, 10, 'ann')).until,
    now.wall + 10,
    'unless that is asked for',
  );
  assert.equal((await responder.run(word('stop'))).until, undefined);
  await assert.rejects(
    responder.run({ ...word('stop'), target: { word: 'stop', extra: 'x' } }),
    isActionError('conflict'),
  );
  assert.equal(lastWord(folder), 'action.extend done');
});

test('a uid makes asking twice do it once, also when it has ended', async context => {
  const { open } = stage(context);
  const responder = await open();
  const request = word('stop', { uid: 'run-1-step-1' });
  await responder.run(request);
  await responder.undo('run-1-step-1', 'ann');
  assert.equal((await responder.run(request)).status, 'undone');
});

test('when its time is over it is undone, by either clock and after a restart', async context => {
  const { folder, now, open } = stage(context);
  let responder = await open();
  await responder.run(word('stop', { lasts: 60_000 }));
  now.uptime += 59_999;
  await responder.tick();
  assert.equal(inForce(folder), 'stop');
  now.uptime += 1;
  await responder.tick();
  assert.equal(inForce(folder), '', 'somebody has set the clock back');
  assert.equal(lastWord(folder), 'action.undo undone');
  await responder.run(word('stop', { lasts: 60_000 }));
  now.bootId = 'b';
  now.uptime = 1;
  responder = await open();
  assert.equal(inForce(folder), 'stop');
  now.wall += 60_000;
  responder = await open();
  assert.equal(inForce(folder), '');
  assert.equal(responder.list()[0]?.status, 'undone');
});

test('a lasting effect that a reboot has taken is brought back', async context => {
  const { folder, open } = stage(context);
  await (await open()).run(word('stop'));
  fs.rmSync(join(folder, 'effect'));
  await open();
  assert.equal(inForce(folder), 'stop');
  assert.equal(lastWord(folder), 'action.renew done');
});

test('without health for a minute it is undone; a short gap is forgiven', async context => {
  let isAlive = true;
  const { folder, now, open } = stage(context, { alive: () => isAlive });
  const responder = await open();
  await responder.run(word('stop'));
  const pass = async (milliseconds: number): Promise<void> => {
    for (let at = 0; at < milliseconds; at += 5_000) {
      now.uptime += 5_000;
      await responder.tick();
    }
  };
  isAlive = false;
  await pass(50_000);
  isAlive = true;
  await pass(10_000);
  isAlive = false;
  await pass(60_000);
  assert.equal(inForce(folder), 'stop');
  await pass(10_000);
  assert.equal(inForce(folder), '');
});

test('what cannot be applied is taken back and has failed', async context => {
  const { folder, open } = stage(context, {
    apply: () => {
      throw new Error('no way');
    },
  });
  const responder = await open();
  await assert.rejects(responder.run(word('stop')), /no way/);
  assert.equal(responder.list()[0]?.status, 'failed');
  assert.equal(lastWord(folder), 'action.run failed');
});

test('what cannot be taken back is told of, and tried again', async context => {
  let isStuck = true;
  const { folder, now, told, open } = stage(context, {
    undo: () => {
      if (isStuck) throw new Error('stuck');
    },
  });
  const responder = await open();
  const { uid } = await responder.run(word('stop'));
  await assert.rejects(responder.undo(uid, 'ann'), /cannot be taken back yet: stuck/);
  assert.equal(responder.view(uid).status, 'undoing');
  assert.equal(told.length, 1);
  isStuck = false;
  await responder.tick();
  assert.equal(inForce(folder), 'stop', 'not at once again');
  now.uptime += 30_000;
  await responder.tick();
  assert.equal(inForce(folder), '');
  assert.equal(responder.view(uid).status, 'undone');
});

test('on a full disk nothing is begun, and undoing works all the same', async context => {
  let isFull = false;
  const { folder, open } = stage(context);
  const calls = {
    ...fs,
    writeFileSync: ((...given: Parameters<typeof fs.writeFileSync>) => {
      if (isFull) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      fs.writeFileSync(...given);
    }) as typeof fs.writeFileSync,
  };
  const responder = await open({ calls });
  const { uid } = await responder.run(word('stop'));
  isFull = true;
  await assert.rejects(responder.run(word('other')), isActionError('not_recorded'));
  assert.equal(inForce(folder), 'stop');
  assert.equal((await responder.undo(uid, 'ann')).status, 'undone');
  assert.equal(inForce(folder), '');
});

test('without a journal nothing is begun', async context => {
  const { folder, open } = stage(context);
  const journal = { append: () => Promise.reject(new Error('the journal is gone')) };
  const responder = await open({ journal });
  await assert.rejects(responder.run(word('stop')), isActionError('not_recorded'));
  assert.equal(inForce(folder), '');
  assert.deepEqual(responder.list(), []);
});

test('a damaged record is put aside and told of; the others work', async context => {
  const { folder, told, open } = stage(context);
  const { uid } = await (await open()).run(word('stop'));
  for (const [name, text] of [
    ['torn', '{"uid":'],
    ['other', '{"uid":"else"}'],
    ['null', 'null'],
  ] as const)
    writeFileSync(join(folder, 'actions', `${name}.json`), text);
  const responder = await open();
  assert.equal(told.length, 3);
  assert.equal((await responder.undo(uid, 'ann')).status, 'undone');
  assert.ok(readdirSync(join(folder, 'actions')).includes('torn.json.damaged'));
});
