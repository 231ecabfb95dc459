import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SensitiveFiles } from '../../src/index.ts';

test('files by pattern; told again when one is created, replaced or removed', context => {
  const root = mkdtempSync(join(tmpdir(), 'sensitive-'));
  context.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'home/ann/.ssh'), { recursive: true });
  mkdirSync(join(root, 'etc'));
  const shadow = join(root, 'etc/shadow');
  writeFileSync(shadow, 'one');
  const files = new SensitiveFiles(['/etc/shadow', '/etc/missing', '/home/*/.ssh/id_*'], root);
  assert.deepEqual(files.changed(), [shadow]);
  assert.equal(files.changed(), undefined);
  const key = join(root, 'home/ann/.ssh/id_ed25519');
  writeFileSync(key, 'key');
  assert.deepEqual(files.changed(), [shadow, key]);
  writeFileSync(`${shadow}.new`, 'two');
  renameSync(`${shadow}.new`, shadow);
  assert.deepEqual(files.changed(), [shadow, key]);
  assert.equal(files.changed(), undefined);
  rmSync(key);
  assert.deepEqual(files.changed(), [shadow]);
  assert.deepEqual(files.directories().sort(), [join(root, 'etc'), join(root, 'home/ann/.ssh')]);
});
