import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseNames } from '../../src/enrich/accounts.ts';
import { Accounts } from '../../src/index.ts';

test('the names of this host', () => {
  const accounts = new Accounts();
  assert.equal(accounts.userName(0), 'root');
  assert.equal(accounts.groupName(0), 'root');
  assert.equal(accounts.userName(4_000_000_000), undefined);
});

test('passwd and group lines; odd ones are skipped, the first of two with an id counts', () => {
  const names = parseNames(
    'root:x:0:0::/root:/bin/sh\n# c\n+::::::\nadmin:x:0:0\nbad:x:-1:0\n:x:7:7\nweb:x:33:33',
  );
  assert.deepEqual(
    [...names],
    [
      [0, 'root'],
      [33, 'web'],
    ],
  );
});

test('a changed file is read again, and names stay known while it is replaced', async context => {
  const root = mkdtempSync(join(tmpdir(), 'accounts-'));
  context.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'etc'));
  const file = join(root, 'etc/passwd');
  writeFileSync(file, 'one:x:1000:1000\n');
  const accounts = new Accounts(root);
  assert.equal(accounts.userName(1000), 'one');
  rmSync(file);
  assert.equal(accounts.userName(1000), 'one');
  writeFileSync(file, 'two:x:1000:1000\n');
  while (accounts.userName(1000) !== 'two') await new Promise(resolve => setTimeout(resolve, 50));
  assert.equal(accounts.groupName(1000), undefined);
});

test('any text parses', () => {
  fc.assert(
    fc.property(fc.string(), text => {
      for (const [id, name] of parseNames(text)) {
        assert.ok(Number.isSafeInteger(id) && name.length > 0);
      }
    }),
  );
  assert.equal(parseNames(readFileSync('/etc/passwd', 'utf8')).get(0), 'root');
});
