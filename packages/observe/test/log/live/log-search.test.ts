import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { LogSearch } from '../../../src/log/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'redoubt-log-search-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** What the search names now, below the folder. */
async function named(search: LogSearch): Promise<string[]> {
  return [...(await search.find())].map(path => path.slice(folder.length + 1)).sort();
}

test('logs that come, go and are replaced are named as they are', async () => {
  const search = new LogSearch([join(folder, 'sites/*/log/*.log'), join(folder, 'one.log')]);
  assert.deepEqual(await named(search), []);
  mkdirSync(join(folder, 'sites/a'), { recursive: true });
  assert.deepEqual(await named(search), []);
  mkdirSync(join(folder, 'sites/a/log'));
  assert.deepEqual(await named(search), []);
  writeFileSync(join(folder, 'sites/a/log/access.log'), '');
  writeFileSync(join(folder, 'sites/a/log/access.log.1'), '');
  writeFileSync(join(folder, 'one.log'), '');
  assert.deepEqual(await named(search), ['one.log', 'sites/a/log/access.log']);
  renameSync(join(folder, 'sites/a'), join(folder, 'sites/b'));
  assert.deepEqual(await named(search), ['one.log', 'sites/b/log/access.log']);
  rmSync(join(folder, 'sites/b/log/access.log'));
  mkdirSync(join(folder, 'sites/b/log/access.log'));
  assert.deepEqual(await named(search), ['one.log']);
});

test('a folder that has not changed for long is believed until it changes', async () => {
  const quiet = join(folder, 'quiet');
  mkdirSync(quiet);
  writeFileSync(join(quiet, 'first.log'), '');
  const search = new LogSearch([join(quiet, '*.log')]);
  assert.deepEqual(await named(search), ['quiet/first.log']);
  await sleep(1100); // a change in the same step of the kernel's clock would look like none
  for (const name of ['second', 'third']) {
    assert.deepEqual(await named(search), await named(new LogSearch([join(quiet, '*.log')])));
    writeFileSync(join(quiet, `${name}.log`), '');
  }
  assert.deepEqual(await named(search), ['quiet/first.log', 'quiet/second.log', 'quiet/third.log']);
});

test('links and logs behind two stars', async () => {
  const deep = join(folder, 'deep');
  mkdirSync(join(deep, 'x/y'), { recursive: true });
  writeFileSync(join(deep, 'x/y/found.log'), '');
  symlinkSync(join(deep, 'x/y/found.log'), join(deep, 'link.log'));
  assert.deepEqual(await named(new LogSearch([join(deep, '*.log')])), []);
  assert.deepEqual(await named(new LogSearch([join(deep, '**/*.log')])), ['deep/x/y/found.log']);
});
