/** The newer mount calls and pivot_root, each in a mount namespace of its own. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileOf, type KernelRecord } from '../src/index.ts';
import { Stage } from './helpers/actor.ts';

let stage: Stage;
before(() => {
  stage = new Stage();
  mkdirSync(stage.path('mnt'));
  mkdirSync(stage.path('other'));
});
after(() => stage.close());

/** A mount namespace from which nothing spreads: unshare(CLONE_NEWNS), mount --make-rprivate /. */
const apart = ['unshare n:0x20000', 'mount s:none s:/ n:0 n:0x44000 n:0'];

/** Makes calls, one a line, in a namespace of their own; the records of all but the first two. */
async function act(calls: readonly string[]): Promise<KernelRecord[]> {
  const words = [...apart, ...calls].flatMap((call, index) => [
    ...(index > 0 ? ['+'] : []),
    ...call.split(' '),
  ]);
  const { results, records } = await stage.act(words);
  assert.deepEqual(
    results.filter(result => result < 0),
    [],
    `a call failed: ${results.join(' ')}`,
  );
  assert.deepEqual(
    records.slice(0, 2).map(record => record.kind),
    ['process.unshare', 'file.mount'],
  );
  return records.slice(2);
}

const told = (records: readonly KernelRecord[]) =>
  records.map(record => [record.kind, fileOf(record).path, fileOf(record).flags]);

describe('mounting by the newer calls', () => {
  it('fsmount makes a mount, move_mount puts it in its place', async () => {
    const records = await act([
      'fsopen s:tmpfs n:0',
      'fsconfig r:2 n:6 n:0 n:0 n:0',
      'fsmount r:2 n:0 n:6',
      'move_mount r:4 s: n:-100 s:mnt n:4',
      'openat n:-100 s:mnt/inside n:0x41 n:0600',
    ]);
    assert.deepEqual(
      records.map(record => record.kind),
      ['file.mount', 'file.mount', 'file.create'],
    );
    const [made, moved, created] = told(records);
    assert.equal(made?.[2], 0);
    assert.deepEqual(moved, ['file.mount', stage.path('mnt'), 4]);
    assert.equal(created?.[1], stage.path('mnt', 'inside'));
  });

  it('open_tree is one when it clones, and only then', async () => {
    const records = await act([
      'open_tree n:-100 s:mnt n:0',
      'open_tree n:-100 s:mnt n:1',
      `move_mount r:3 s: n:-100 s:${stage.path('other')} n:4`,
    ]);
    assert.deepEqual(told(records), [
      ['file.mount', stage.path('mnt'), 1],
      ['file.mount', stage.path('other'), 4],
    ]);
  });
});

it('pivot_root: the new root and where the old one goes', async () => {
  const root = stage.path('mnt');
  const records = await act([
    `mount s:none s:${root} s:tmpfs n:0 n:0`,
    `mkdirat n:-100 s:${root}/old n:0700`,
    `pivot_root s:${root} s:${root}/old`,
    'mkdirat n:-100 s:/made-below n:0700',
  ]);
  const pivot = records[2];
  assert.equal(pivot?.kind, 'file.pivot_root');
  assert.deepEqual([fileOf(pivot).path, fileOf(pivot).target], [root, `${root}/old`]);
  const below = records[3];
  assert.equal(below?.kind, 'file.mkdir');
  assert.equal(fileOf(below).path, '/made-below');
});

it('nothing of this reached the namespace of the tests', () => {
  assert.equal(readFileSync('/proc/self/mounts', 'utf8').includes(stage.folder), false);
});
