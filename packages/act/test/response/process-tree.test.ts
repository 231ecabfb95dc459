/** Ending and suspending trees of processes that this test has started. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { type ActionKind, killTree, Responder, suspendTree } from '../../src/response/index.ts';
import { allProcesses, lookAt } from '../../src/response/process/look.ts';
import { fileJournal, lastWord, testFolder } from './support/folder.ts';

/** A program whose children carry a mark in their arguments, so that the test can count and clear them. */
function started(context: TestContext, script: string): { child: ChildProcess; uid: string } {
  const child = spawn('/bin/sh', ['-c', script], { detached: true, stdio: 'ignore' });
  const pid = child.pid ?? 0;
  context.after(() => {
    for (const one of ofGroup(pid)) {
      try {
        process.kill(one, 'SIGKILL');
      } catch {
        // It is gone.
      }
    }
  });
  return { child, uid: `${pid}:${lookAt(pid)?.startTicks}` };
}

function ofGroup(group: number): number[] {
  return allProcesses()
    .filter(one => one.group === group && one.state !== 'Z')
    .map(({ pid }) => pid);
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 10));
}

async function responderOf(context: TestContext) {
  const folder = testFolder(context);
  const kinds = [killTree(), suspendTree()] as unknown as ActionKind[];
  const responder = await Responder.open({ stateDirectory: folder, journal: fileJournal(folder), kinds });
  const run = (kind: string, process: string) => responder.run({ kind, target: { process }, by: 'ann' });
  return { folder, responder, run };
}

test('a tree that forks all the time is ended as a whole, orphans too', async context => {
  // Each `sleep` is started by a shell that ends at once: its parent is then somebody else.
  const { child, uid } = started(
    context,
    'for i in 1 2 3; do (while :; do (sleep 600 &) ; sleep 0.02; done) & done; wait',
  );
  const group = child.pid ?? 0;
  await until(() => ofGroup(group).length > 12);
  const { folder, run } = await responderOf(context);
  const action = await run('kill-tree', uid);
  assert.equal(action.status, 'done');
  assert.equal(action.can_undo, false);
  assert.deepEqual(ofGroup(group), []);
  assert.equal(lastWord(folder), 'action.run done');
  await assert.rejects(run('kill-tree', uid), /is gone/);
});

test('a suspended tree goes on where it was; who was stopped before stays so', async context => {
  const { child, uid } = started(context, 'sleep 600 & sleep 601 & wait');
  const group = child.pid ?? 0;
  await until(() => ofGroup(group).length === 3);
  const sleeper = ofGroup(group).find(pid => pid !== group) ?? 0;
  process.kill(sleeper, 'SIGSTOP');
  await until(() => lookAt(sleeper)?.state === 'T');
  const { responder, run } = await responderOf(context);
  const states = (): string =>
    ofGroup(group)
      .map(pid => lookAt(pid)?.state)
      .join('');
  const action = await run('suspend-tree', uid);
  assert.equal(states(), 'TTT');
  await responder.undo(action.uid, 'ann');
  await until(() => states() !== 'TTT');
  assert.equal(lookAt(sleeper)?.state, 'T');
  assert.equal([...states()].filter(state => state === 'T').length, 1);
});

test('another process with the same pid is never touched', async context => {
  const { child, uid } = started(context, 'sleep 600');
  const [pid, start] = uid.split(':');
  const { run } = await responderOf(context);
  await assert.rejects(run('kill-tree', `${pid}:${Number(start) + 1}`), /belongs to another one now/);
  assert.equal(child.exitCode, null);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await assert.rejects(run('suspend-tree', uid), /is gone/);
});

test('pid 1, kernel threads, this process and what it came from are refused', async context => {
  const { run } = await responderOf(context);
  const uidOf = (pid: number): string => `${pid}:${lookAt(pid)?.startTicks}`;
  const thread = allProcesses().find(({ isKernelThread }) => isKernelThread);
  const untouchable = [1, process.pid, process.ppid, ...(thread === undefined ? [] : [thread.pid])];
  for (const pid of untouchable)
    for (const kind of ['kill-tree', 'suspend-tree'])
      await assert.rejects(run(kind, uidOf(pid)), /Redoubt itself/);
  for (const bad of ['1', 'x:y', '-1:5', '1:2:3', ''])
    await assert.rejects(run('kill-tree', bad), /"process"/);
});
