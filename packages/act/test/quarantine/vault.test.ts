/** Quarantine: nothing is lost, whatever step is the last one, and what comes back is what went in. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs, {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { VaultCalls } from '../../src/quarantine/calls.ts';
import { Quarantine, QuarantineError, SealBroken } from '../../src/quarantine/index.ts';

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'redoubt-quarantine-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const cause = { by: 'test', reason: 'a reason', findings: ['f-1'] };

/** A folder with a vault and a file in it. */
function place(name: string, content: Buffer | string = 'content'): { vault: string; file: string } {
  const own = join(folder, name);
  mkdirSync(join(own, 'data'), { recursive: true });
  const file = join(own, 'data', 'file');
  writeFileSync(file, content);
  return { vault: join(own, 'vault'), file };
}

/** What the system's own tools say of a file. */
function described(path: string): string {
  const status = execFileSync('stat', ['-c', '%a %u %g %s %y', path], { encoding: 'utf8' });
  const attributes = execFileSync('getfattr', ['-d', '-m', '-', '-e', 'hex', '--absolute-names', path], {
    encoding: 'utf8',
  });
  const acl = execFileSync('getfacl', ['-n', '--absolute-names', path], { encoding: 'utf8' });
  return `${status}${attributes}${acl}`;
}

test('what is restored has content, mode, owner, times, attributes and ACL of before', () => {
  const content = Buffer.alloc(3 * 2 ** 20 + 17, 'redoubt');
  const { vault, file } = place('identical', content);
  fs.chownSync(file, 1234, 5678);
  fs.chmodSync(file, 0o4751);
  execFileSync('setfattr', ['-n', 'user.note', '-v', 'kept', file]);
  execFileSync('setfacl', ['-m', 'u:4321:r-x', file]);
  execFileSync('touch', ['-m', '-d', '2020-02-03 04:05:06.123456789', file]);
  const before = described(file);
  const quarantine = Quarantine.open(vault);
  const entry = quarantine.add(file, cause);
  assert.equal(existsSync(file), false);
  assert.equal(entry.removed, true);
  assert.deepEqual(quarantine.list().entries, [entry]);
  assert.deepEqual(entry.cause, cause);
  const sealed = readFileSync(join(vault, `${entry.id}.sealed`));
  assert.equal(sealed.includes('redoubtredoubt'), false, 'nothing of it is readable');
  for (const name of readdirSync(vault)) assert.equal(statSync(join(vault, name)).mode & 0o077, 0, name);
  assert.equal(quarantine.restore(entry.id), file);
  assert.equal(described(file), before);
  assert.ok(readFileSync(file).equals(content));
  assert.deepEqual(quarantine.list(), { entries: [], damaged: [] });
  assert.deepEqual(readdirSync(vault), ['key', 'released']);
});

test('empty files and files of exactly one frame come back', () => {
  for (const size of [0, 1, 2 ** 20, 2 ** 21]) {
    const { vault, file } = place(`size-${size}`, Buffer.alloc(size, 1));
    const quarantine = Quarantine.open(vault);
    quarantine.restore(quarantine.add(file, cause).id);
    assert.ok(readFileSync(file).equals(Buffer.alloc(size, 1)), String(size));
  }
});

test('a sealed file that was changed, cut or exchanged is refused, and nothing is put in place', () => {
  const { vault, file } = place('tampered', Buffer.alloc(2 ** 20 + 5, 2));
  const quarantine = Quarantine.open(vault);
  const { id } = quarantine.add(file, cause);
  const path = join(vault, `${id}.sealed`);
  const good = readFileSync(path);
  const changed = Buffer.from(good);
  changed[100] = (changed[100] ?? 0) ^ 1;
  for (const bad of [
    changed,
    good.subarray(0, -1),
    good.subarray(0, 2 ** 20 + 45),
    good.subarray(0, 10),
    Buffer.alloc(0),
  ]) {
    writeFileSync(path, bad);
    assert.throws(() => quarantine.restore(id), SealBroken);
    assert.deepEqual(readdirSync(join(file, '..')), []);
  }
  writeFileSync(path, good);
  quarantine.restore(id);
});

test('what is no regular file stays, what is in the way is not overwritten, ids cannot lead out', () => {
  const { vault, file } = place('refused');
  const quarantine = Quarantine.open(vault);
  const link = `${file}-link`;
  symlinkSync(file, link);
  assert.throws(() => quarantine.add(link, cause), /ELOOP/);
  execFileSync('mkfifo', [`${file}-fifo`]);
  assert.throws(() => quarantine.add(`${file}-fifo`, cause), /is no regular file/);
  const { id } = quarantine.add(file, cause);
  writeFileSync(file, 'another');
  assert.throws(() => quarantine.restore(id), /is there already/);
  assert.equal(readFileSync(file, 'utf8'), 'another');
  assert.equal(quarantine.restore(id, `${file}-back`), `${file}-back`);
  assert.throws(() => quarantine.entry('../../etc/passwd'), QuarantineError);
});

test('a key that others can read is refused', () => {
  const { vault } = place('key');
  Quarantine.open(vault);
  fs.chmodSync(join(vault, 'key'), 0o644);
  assert.throws(() => Quarantine.open(vault), /only its owner can read/);
});

/**
 * Calls that fail for ever from the given one on, as if the process had been killed in front of or behind it.
 * @param once only the given call fails: a fault of the disk, not of the power
 */
function killedAt(step: number, behind: boolean, once = false): { calls: VaultCalls; killed: () => boolean } {
  let count = 0;
  let dead = false;
  const wrap =
    (name: keyof VaultCalls) =>
    (...values: never[]) => {
      if (dead && !once) throw new Error('killed');
      const isLast = count === step;
      count += 1;
      if (isLast && !behind) {
        dead = true;
        throw new Error('killed');
      }
      const result = (fs[name] as (...values: never[]) => unknown)(...values);
      if (isLast) {
        dead = true;
        throw new Error('killed');
      }
      return result;
    };
  const names = [
    'openSync',
    'closeSync',
    'readSync',
    'writeSync',
    'fsyncSync',
    'renameSync',
    'linkSync',
    'unlinkSync',
    'fchmodSync',
    'fchownSync',
  ] as const;
  const calls = Object.fromEntries(names.map(name => [name, wrap(name)])) as unknown as VaultCalls;
  return { calls, killed: () => dead };
}

/** After a kill: recovers, and says where the content is. */
function whereabouts(vault: string, file: string, content: string): 'in place' | 'in quarantine' {
  const quarantine = Quarantine.open(vault);
  quarantine.recover();
  const { entries, damaged } = quarantine.list();
  assert.deepEqual(damaged, []);
  const rests = readdirSync(join(file, '..')).filter(
    name => name !== 'file' && !name.startsWith('.redoubt-restore'),
  );
  assert.deepEqual(rests, [], 'nothing is left beside the place');
  if (entries.length === 0) {
    assert.equal(readFileSync(file, 'utf8'), content);
    return 'in place';
  }
  const [entry] = entries;
  assert.ok(entry?.removed);
  if (existsSync(file)) assert.equal(readFileSync(file, 'utf8'), content);
  else quarantine.restore(entry.id);
  assert.equal(readFileSync(file, 'utf8'), content);
  return 'in quarantine';
}

for (const behind of [false, true]) {
  test(`killed ${behind ? 'behind' : 'in front of'} any step, a file is in its place or in quarantine, never lost`, () => {
    const seen = new Set<string>();
    for (let step = 0; ; step += 1) {
      const content = `content ${step}`;
      const { vault, file } = place(`kill-add-${behind}-${step}`, content);
      Quarantine.open(vault);
      const { calls, killed } = killedAt(step, behind);
      try {
        Quarantine.open(vault, calls).add(file, cause);
      } catch {
        // Killed.
      }
      if (!killed()) {
        assert.ok(step > 20, `only ${step} steps`);
        break;
      }
      seen.add(whereabouts(vault, file, content));
    }
    assert.deepEqual([...seen].sort(), ['in place', 'in quarantine']);
  });

  test(`killed ${behind ? 'behind' : 'in front of'} any step of a restore, nothing is lost`, () => {
    for (let step = 0; ; step += 1) {
      const content = `content ${step}`;
      const { vault, file } = place(`kill-restore-${behind}-${step}`, content);
      const { id } = Quarantine.open(vault).add(file, cause);
      const { calls, killed } = killedAt(step, behind);
      try {
        Quarantine.open(vault, calls).restore(id);
      } catch {
        // Killed.
      }
      if (!killed()) {
        assert.ok(step > 10, `only ${step} steps`);
        break;
      }
      whereabouts(vault, file, content);
    }
  });
}

test('one call that fails, and none after it, loses nothing either', () => {
  for (let step = 0; ; step += 1) {
    const content = `content ${step}`;
    const { vault, file } = place(`fail-${step}`, content);
    Quarantine.open(vault);
    const { calls, killed } = killedAt(step, true, true);
    try {
      Quarantine.open(vault, calls).add(file, cause);
    } catch {
      // Failed.
    }
    if (!killed()) break;
    whereabouts(vault, file, content);
  }
});

test('across file systems it works the same', context => {
  const mount = join(folder, 'mounted');
  mkdirSync(mount);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', mount]);
  context.after(() => execFileSync('umount', [mount]));
  const { file } = place('across', 'over there');
  const quarantine = Quarantine.open(join(mount, 'vault'));
  const { id } = quarantine.add(file, cause);
  assert.equal(existsSync(file), false);
  quarantine.restore(id);
  assert.equal(readFileSync(file, 'utf8'), 'over there');
  writeFileSync(`${file}-large`, Buffer.alloc(60 * 2 ** 20));
  assert.throws(() => quarantine.add(`${file}-large`, cause), /no room/);
  assert.equal(statSync(`${file}-large`).size, 60 * 2 ** 20);
});
