/** Killed at each step: every kind of action that there is, those that no other file has for other reasons here. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { packetFilter } from '../../src/nftables/index.ts';
import { blockAddress, freezeUnit, killTree, stopContainer, suspendTree } from '../../src/response/index.ts';
import { lookAt } from '../../src/response/process/look.ts';
import { testNetwork } from '../support/network.ts';
import { dies, diesForGood, killedIn } from './support/dies.ts';
import { groupRoot, isFrozenGroup, madeGroup, sleeper } from './support/group.ts';

const source = join(import.meta.dirname, '../../src/response/kinds');

test('every kind of action is killed at each of its steps in some test', () => {
  const kinds = readdirSync(source).flatMap(file =>
    [...readFileSync(join(source, file), 'utf8').matchAll(/^export function (\w+)\(/gm)].map(
      ([, name = '']) => name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`),
    ),
  );
  assert.ok(kinds.length >= 15);
  assert.deepEqual(kinds.toSorted(), Object.keys(killedIn).toSorted());
  for (const [kind, file] of Object.entries(killedIn)) {
    const text = readFileSync(join(import.meta.dirname, file), 'utf8');
    const maker = kind.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    assert.match(text, new RegExp(`\\b${maker}\\(`), `${file} has ${kind}`);
    assert.match(text, /\b(?:dies|diesForGood|killedHere)\(/, file);
  }
});

test('an address is blocked or not', async context => {
  const [host] = testNetwork(context, 1);
  assert.ok(host);
  const filter = packetFilter(host.namespace);
  const kind = blockAddress({ filter, objection: () => undefined });
  const state = async (): Promise<string> => {
    const table = (await filter.table('redoubt_blocked')) ?? [];
    return JSON.stringify(table.flatMap(object => object['set']?.['elem'] ?? []));
  };
  await dies(context, kind, { address: '198.51.100.7' }, state);
});

const uidOf = (pid: number | undefined): string => `${pid}:${lookAt(pid ?? 0)?.startTicks}`;

test('a tree is suspended or goes on', async context => {
  const child = sleeper(context);
  const state = (): string => (lookAt(child.pid ?? 0)?.state === 'T' ? 'stopped' : 'runs');
  await dies(context, suspendTree(), { process: uidOf(child.pid) }, state);
});

test('a tree is killed or was never touched', async context => {
  await diesForGood(context, killTree(), async () => {
    const { pid = 0 } = sleeper(context);
    return { target: { process: uidOf(pid) }, isDone: () => isGone(pid) };
  });
});

test('a unit is frozen or goes on', async (context: TestContext) => {
  if (groupRoot === undefined) return context.skip('no control groups can be made here');
  const name = `redoubt-${process.pid}.service`;
  const group = madeGroup(context, groupRoot, name);
  sleeper(context, group);
  const state = (): string => (isFrozenGroup(group) ? 'frozen' : 'runs');
  await dies(context, freezeUnit({ roots: [groupRoot] }), { unit: name }, state);
});

test('a container is stopped or was never touched', async (context: TestContext) => {
  if (groupRoot === undefined) return context.skip('no control groups can be made here');
  const root = groupRoot;
  let made = 0;
  await diesForGood(context, stopContainer({ roots: [root] }), async () => {
    const id = `${process.pid.toString(16).padStart(12, 'c')}${(++made).toString(16).padStart(2, '0')}`;
    const { pid = 0 } = sleeper(context, madeGroup(context, root, `redoubt-${id}`));
    return { target: { container: id }, isDone: () => isGone(pid) };
  });
});

/** Ended, whether or not this test, its parent, has taken note of it yet. */
function isGone(pid: number): boolean {
  const state = lookAt(pid)?.state;
  return state === undefined || state === 'Z';
}
