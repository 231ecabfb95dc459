/** Golden states are made, signed, compared, accepted; what was tampered with is refused by name. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { StateEntry } from '@redoubt/model';
import {
  acceptDrift,
  type Collector,
  checkState,
  createState,
  ed25519Signer,
  findingsOfDrift,
  LiveGroups,
  makeKeyPair,
  openDrift,
  openState,
  requireFitting,
  StateError,
  type Vault,
} from '../../src/index.ts';
import { LineWriter } from '../../src/state/write.ts';
import { all, collectorOf, context, folderFor, signIn, stream, vaultFor } from './support.ts';

const first = { who: 'test', why: 'first' };
const things = (...keys: string[]): StateEntry[] => keys.map(key => ({ key, facts: { size: key.length } }));

async function golden(vault: Vault, collector: Collector) {
  const made = await createState(collector, { root: '/' }, first, context(vault));
  await signIn(vault, made.entry);
  return made;
}

const refusedAs = (code: string) => (error: unknown) => error instanceof StateError && error.code === code;

test('from collection to acceptance: a change is drift once, and the history says who took it', async t => {
  const vault = await vaultFor(t);
  let now = things('c', 'a', 'b');
  const collector = collectorOf(() => now);
  const made = await golden(vault, collector);
  assert.equal(made.footer.entries, 3);

  now = [...things('b', 'd'), { key: 'a', facts: { size: 9 } }];
  const open = await vault.open('things', await vault.verifiers());
  const drifts = await all(checkState(collector, open, { root: '/' }, vault));
  assert.deepEqual(
    drifts.map(({ change }) => [change.kind, change.key]),
    [
      ['changed', 'a'],
      ['removed', 'c'],
      ['added', 'd'],
    ],
  );
  const findings = await all(findingsOfDrift(collector, stream(drifts)));
  assert.deepEqual(
    findings.map(one => one.redoubt.title.en),
    ['A thing changed', 'A thing removed', 'A thing added'],
  );
  assert.equal(new Set(findings.map(one => one.redoubt.dedup_key)).size, 3);

  const chosen = ({ change }: { change: { key: string } }) => change.key !== 'c';
  const accepted = await acceptDrift(collector, open, { who: 'eve', why: 'planned', chosen }, context(vault));
  assert.ok(accepted);
  await signIn(vault, accepted.entry);
  const next = await vault.open('things', await vault.verifiers());
  assert.equal(next.header.previous, open.digest);
  assert.deepEqual(next.header.history.at(-1), {
    time: next.header.created,
    action: 'accepted',
    who: 'eve',
    why: 'planned',
    added: 1,
    removed: 0,
    changed: 1,
    keys: ['a', 'd'],
  });
  const left = await all(checkState(collector, next, { root: '/' }, vault));
  assert.deepEqual(
    left.map(({ change }) => [change.kind, change.key]),
    [['removed', 'c']],
  );
  assert.deepEqual((await all((await openDrift(vault, 'things')).drifts())).length, 1);
});

test('many changes of a group are one finding, a few are told one by one', async t => {
  const vault = await vaultFor(t);
  let now = things('a');
  const plain = collectorOf(() => now);
  const collector = collectorOf(() => now, {
    judge: change => {
      const judgement = plain.judge(change);
      return (
        judgement && {
          ...judgement,
          group: { key: change.key.slice(0, 1), title: { en: 'Group', zh: '组' } },
        }
      );
    },
  });
  await golden(vault, collector);
  now = [...things('a', 'm1', 'm2'), ...Array.from({ length: 500 }, (_, at) => things(`n${at}`)).flat()];
  const open = await vault.open('things', await vault.verifiers());
  const findings = await all(findingsOfDrift(collector, checkState(collector, open, { root: '/' }, vault)));
  assert.deepEqual(
    findings.map(one => one.count),
    [1, 1, 500],
  );
});

test('a state, a signature or a policy that was tampered with is refused by name', async t => {
  const vault = await vaultFor(t);
  const collector = collectorOf(() => things('a', 'b'), { policy: 'watch all' });
  const { entry } = await golden(vault, collector);
  const verifiers = await vault.verifiers();
  const state = readFileSync(entry.file);
  const signature = readFileSync(`${entry.file}.sig`, 'utf8');

  for (let at = 0; at < state.length; at += 7) {
    const changed = Buffer.from(state);
    changed[at] = (changed[at] as number) ^ 1;
    writeFileSync(entry.file, changed);
    await assert.rejects(vault.open('things', verifiers), refusedAs('digest'), `byte ${at}`);
  }
  writeFileSync(entry.file, state.subarray(0, -1));
  await assert.rejects(vault.open('things', verifiers), refusedAs('digest'));
  writeFileSync(entry.file, state);

  const parts = JSON.parse(signature);
  const bad = Buffer.from(parts.signature, 'base64');
  bad[3] = (bad[3] as number) ^ 1;
  writeFileSync(`${entry.file}.sig`, JSON.stringify({ ...parts, signature: bad.toString('base64') }));
  await assert.rejects(vault.open('things', verifiers), refusedAs('signature'));
  writeFileSync(`${entry.file}.sig`, 'nonsense');
  await assert.rejects(vault.open('things', verifiers), refusedAs('signature'));

  const other = join(folderFor(t), 'other.key');
  await makeKeyPair(other);
  writeFileSync(`${entry.file}.sig`, JSON.stringify({ ...parts, key: (await ed25519Signer(other)).keyId }));
  await assert.rejects(vault.open('things', verifiers), refusedAs('key'));
  writeFileSync(`${entry.file}.sig`, signature);

  const open = await vault.open('things', verifiers);
  requireFitting(open, collector, 'test-id', '/');
  const loosened = { ...collector, policy: 'watch nothing' };
  assert.throws(() => requireFitting(open, loosened, 'test-id', '/'), refusedAs('policy'));
  assert.throws(() => requireFitting(open, collector, 'another', '/'), refusedAs('host'));
  assert.throws(
    () => requireFitting(open, { ...collector, version: 2 }, 'test-id', '/'),
    refusedAs('version'),
  );

  // A signed state of another number or collector in its place.
  renameSync(entry.file, vault.fileOf('others', 1));
  renameSync(`${entry.file}.sig`, `${vault.fileOf('others', 1)}.sig`);
  await assert.rejects(vault.open('others', verifiers), refusedAs('signature'));
  await assert.rejects(vault.open('things', verifiers), refusedAs('missing'));
});

test('an unsigned state does not count, and the golden one before it still does', async t => {
  const vault = await vaultFor(t);
  const collector = collectorOf(() => things('a'));
  const made = await createState(collector, { root: '/' }, first, context(vault));
  await assert.rejects(vault.open('things', await vault.verifiers()), refusedAs('unsigned'));
  await signIn(vault, made.entry);
  await createState(collector, { root: '/' }, first, context(vault));
  assert.equal((await vault.open('things', await vault.verifiers())).header.generation, 1);
  assert.equal((await vault.pending('things'))?.generation, 2);
});

test('a key that others can read is refused', async t => {
  const vault = await vaultFor(t);
  chmodSync(vault.keyFile, 0o640);
  await assert.rejects(ed25519Signer(vault.keyFile), refusedAs('key'));
  await assert.rejects(makeKeyPair(vault.keyFile), refusedAs('key'));
});

test('a state that was cut off anywhere is torn, and a collection that fails leaves nothing', async t => {
  const vault = await vaultFor(t);
  const collector = collectorOf(() => things(...Array.from({ length: 2000 }, (_, at) => `k${at}`)));
  const { entry } = await createState(collector, { root: '/' }, first, context(vault));
  const whole = readFileSync(entry.file);
  const read = async () => all((await openState(entry.file)).entries());
  assert.equal((await read()).length, 2000);
  for (const length of [0, 1, 20, whole.length >> 1, whole.length - 1]) {
    writeFileSync(entry.file, whole);
    truncateSync(entry.file, length);
    await assert.rejects(read(), refusedAs('torn'), `${length} bytes`);
  }
  const failing = collectorOf(function* () {
    yield* things('a');
    throw new Error('the disk burns');
  });
  await assert.rejects(createState(failing, { root: '/' }, first, context(vault)), /the disk burns/);
  assert.equal(existsSync(`${entry.file}.new`), false);
});

test('a full disk is an error that names the file and leaves nothing', async t => {
  const file = join(folderFor(t), 'x.state');
  symlinkSync('/dev/full', `${file}.new`);
  const writer = new LineWriter(file);
  await assert.rejects(
    async () => {
      for (let at = 0; at < 50; at++) await writer.line(randomBytes(50_000).toString('hex'));
      await writer.finish();
    },
    (error: unknown) =>
      refusedAs('write')(error) && String(error).includes(file) && /ENOSPC/.test(String(error)),
  );
  await writer.abandon();
  assert.deepEqual(
    [existsSync(file), existsSync(`${file}.new`), existsSync('/dev/full')],
    [false, false, true],
  );
});

test('a group that grows is told anew with what is new of it', () => {
  const collector = collectorOf(() => []);
  const groups = new LiveGroups(collector);
  const add = (from: number, to: number) => {
    for (let at = from; at < to; at++) {
      const change = { kind: 'added', key: `/app/${at}`, after: { key: `/app/${at}`, facts: {} } } as const;
      const judgement = collector.judge(change);
      assert.ok(judgement);
      const group = { key: 'app', title: { en: 'App', zh: '应用' } };
      assert.equal(groups.add(change, { ...judgement, group }, undefined), true);
    }
  };
  add(0, 12);
  const [first] = groups.take();
  add(12, 17);
  const [second] = groups.take();
  // The record adds up the counts of findings with the same key.
  assert.deepEqual([first?.count, second?.count], [12, 5]);
  assert.equal(second?.redoubt.title.en, 'App: 17 changes');
  assert.equal(first?.redoubt.dedup_key, second?.redoubt.dedup_key);
  assert.deepEqual([...groups.take(), ...groups.take()], []);
});
