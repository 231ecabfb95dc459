/** The golden state of files on real trees: every fact, hostile names, races, logs, packages. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { measureFiles } from '@redoubt/kernel';
import type { StateEntry } from '@redoubt/model';
import { filesCollector } from '../../src/files/collector.ts';
import { partsOf } from '../../src/files/entry.ts';
import { DpkgWitness } from '../../src/files/explain/dpkg.ts';
import { type Collector, checkState, compareKeys, createState, escapeKey } from '../../src/index.ts';
import { all, context, folderFor, signIn, vaultFor } from '../state/support.ts';

const policy = `version: 1
paths: [/bin, /etc, /log, /web]
classes:
  - {class: ignored, globs: [/etc/ignored/**, '/etc/*.tmp']}
  - {class: logs, globs: [/log/**]}
  - {class: web, globs: [/web/**]}
  - {class: configuration, globs: [/etc/**]}
  - {class: binaries, globs: [/bin/**]}
`;

const collector = (): Collector => filesCollector({ content: '', filePolicy: policy });

function tree(root: string): void {
  for (const folder of ['bin', 'etc/ignored', 'log', 'web'])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'bin/tool'), 'program');
  writeFileSync(join(root, 'etc/conf'), 'setting');
  writeFileSync(join(root, 'etc/conf.d'), 'sorts between folder and content');
  writeFileSync(join(root, 'etc/ignored/x'), 'x');
  writeFileSync(join(root, 'etc/y.tmp'), 'x');
  writeFileSync(join(root, 'log/app.log'), 'line 1\n');
  writeFileSync(join(root, 'web/index.html'), '<p>');
}

const collect = (root: string, more = {}) => all(collector().collect({ root, ...more }));
const keysOf = (entries: readonly StateEntry[]) => entries.map(entry => entry.key);

test('every entry of the policy is there, in order, with its facts', async t => {
  const root = folderFor(t);
  tree(root);
  symlinkSync('conf', join(root, 'etc/link'));
  execFileSync('mkfifo', [join(root, 'etc/pipe')]);
  chmodSync(join(root, 'bin/tool'), 0o4755);
  const entries = await collect(root);
  assert.deepEqual(keysOf(entries), [
    '/bin',
    '/bin/tool',
    '/etc',
    '/etc/conf',
    '/etc/conf.d',
    '/etc/link',
    '/etc/pipe',
    '/log',
    '/log/app.log',
    '/web',
    '/web/index.html',
  ]);
  assert.deepEqual([...keysOf(entries)].sort(compareKeys), keysOf(entries));
  const facts = new Map(entries.map(entry => [entry.key, entry.facts]));
  const tool = facts.get('/bin/tool');
  assert.equal(tool?.['sha256'], createHash('sha256').update('program').digest('hex'));
  assert.deepEqual([tool?.['mode'], tool?.['class'], tool?.['size']], ['4755', 'binaries', 7]);
  assert.deepEqual([facts.get('/etc/link')?.['link'], facts.get('/etc/pipe')?.['type']], ['conf', 'pipe']);
  const { inode, size, mode } = partsOf(String(tool?.['stat']));
  const status = lstatSync(join(root, 'bin/tool'));
  assert.deepEqual([inode, size, mode], [String(status.ino), status.size, '4755']);
});

test('names of any bytes and trees hundreds of folders deep keep their place', async t => {
  const root = folderFor(t);
  tree(root);
  const names = [
    [0xff],
    [0x61, 0x0a, 0x62],
    [0x5c],
    [0x5c, 0x78, 0x66, 0x66],
    [0xe4, 0xb8, 0xad],
    [0xc0, 0x80],
  ];
  for (const name of names)
    writeFileSync(Buffer.concat([Buffer.from(`${root}/etc/`), Buffer.from(name)]), 'x');
  const deepest = join(root, 'web', ...Array<string>(300).fill('folder'));
  mkdirSync(deepest, { recursive: true });
  writeFileSync(join(deepest, 'end'), 'end');
  const entries = await collect(root);
  const keys = keysOf(entries);
  assert.deepEqual([...keys].sort(compareKeys), keys);
  for (const name of names) assert.ok(keys.includes(`/etc/${escapeKey(Buffer.from(name))}`));
  const deep = entries.find(entry => entry.key.endsWith('/end'));
  assert.equal(deep?.key.split('/').length, 303);
  assert.equal(deep?.facts['sha256'], createHash('sha256').update('end').digest('hex'));
});

async function goldenOf(t: Parameters<typeof vaultFor>[0], root: string) {
  const vault = await vaultFor(t);
  const made = await createState(collector(), { root }, { who: 'test', why: 'test' }, context(vault));
  await signIn(vault, made.entry);
  return async (more = {}) => {
    const golden = await vault.open('files', await vault.verifiers());
    return all(checkState(collector(), golden, { root, ...more }, vault));
  };
}

test('what changed is found with its weight, what did not is not read, ignored files do not count', async t => {
  const root = folderFor(t);
  tree(root);
  const check = await goldenOf(t, root);
  assert.deepEqual(await check(), []);
  appendFileSync(join(root, 'etc/ignored/x'), 'more');
  writeFileSync(join(root, 'etc/z.tmp'), 'x');
  const touched = await check();
  assert.ok(touched.every(({ judgement }) => judgement === undefined));

  // The same size and modification time: only the kernel's change time tells.
  const { atime, mtime } = lstatSync(join(root, 'bin/tool'));
  writeFileSync(join(root, 'bin/tool'), 'PROGRAM');
  utimesSync(join(root, 'bin/tool'), atime, mtime);
  chmodSync(join(root, 'etc/conf'), 0o4666);
  writeFileSync(join(root, 'web/new.php'), '<?php // marker of a test');
  rmSync(join(root, 'etc/conf.d'));
  const found = (await check()).filter(drift => drift.judgement !== undefined);
  assert.deepEqual(
    found.map(({ change, judgement }) => [change.kind, change.key, judgement?.severity]),
    [
      ['changed', '/bin/tool', 4],
      ['changed', '/etc/conf', 4],
      ['removed', '/etc/conf.d', 3],
      ['added', '/web/new.php', 4],
    ],
  );
  assert.deepEqual((await check({ full: true })).length, (await check()).length);
});

test('a log may grow and be rotated, but not be rewritten or shortened', async t => {
  const root = folderFor(t);
  tree(root);
  const log = join(root, 'log/app.log');
  const check = await goldenOf(t, root);
  const judged = async () =>
    (await check()).filter(drift => drift.judgement !== undefined).map(({ change }) => change.key);
  appendFileSync(log, 'line 2\n');
  assert.deepEqual(await judged(), []);
  renameSync(log, `${log}.1`);
  writeFileSync(log, 'fresh\n');
  assert.deepEqual(await judged(), []);
  renameSync(`${log}.1`, log);
  writeFileSync(log, 'LINE 1\nline 2\n');
  assert.deepEqual(await judged(), ['/log/app.log']);
  writeFileSync(log, '');
  assert.deepEqual(await judged(), ['/log/app.log']);
});

test('a file that is swapped for a link or a pipe between walk and look is told as what it is', async t => {
  const root = folderFor(t);
  tree(root);
  const outside = join(folderFor(t), 'secret');
  writeFileSync(outside, 'outside');
  rmSync(join(root, 'etc/conf'));
  symlinkSync(outside, join(root, 'etc/conf'));
  rmSync(join(root, 'bin/tool'));
  execFileSync('mkfifo', [join(root, 'bin/tool')]);
  renameSync(join(root, 'web'), join(root, 'moved'));
  symlinkSync('moved', join(root, 'web'));
  const asked = ['/etc/conf', '/bin/tool', '/web/index.html', '/etc/none'];
  const results = await measureFiles(
    root,
    asked.map(key => ({ key, type: 'f' })),
  );
  assert.deepEqual(
    results.map(({ stat, status, sha256 }) => [stat.slice(0, 1), status, sha256]),
    [
      ['l', 'ok', ''],
      ['p', 'ok', ''],
      ['', 'ENOTDIR', ''],
      ['', 'gone', ''],
    ],
  );
  assert.equal(results[0]?.link, outside);
});

test('while files come, change, go and are swapped, a collection ends and keeps what rests', async t => {
  const root = folderFor(t);
  tree(root);
  for (let at = 0; at < 400; at++) writeFileSync(join(root, `web/rest-${at}`), `content ${at}`);
  let stop = false;
  const unrest = (async () => {
    for (let at = 0; !stop; at++) {
      const file = join(root, `web/busy-${at % 20}`);
      rmSync(file, { force: true });
      if (at % 4 === 0) symlinkSync('/etc/passwd', file);
      else if (at % 4 === 1) mkdirSync(file);
      else writeFileSync(file, 'x'.repeat(at % 5000));
      if (at % 4 === 1) rmSync(file, { recursive: true });
      await new Promise(resolve => setImmediate(resolve));
    }
  })();
  try {
    for (let round = 0; round < 5; round++) {
      const entries = await collect(root);
      const resting = entries.filter(entry => entry.key.startsWith('/web/rest-'));
      assert.equal(resting.length, 400);
      assert.ok(resting.every(entry => typeof entry.facts['sha256'] === 'string'));
      assert.deepEqual([...keysOf(entries)].sort(compareKeys), keysOf(entries));
    }
  } finally {
    stop = true;
    await unrest;
  }
});

/** An empty dpkg below a root, as a function that builds a package of some files in /bin and installs it. */
function dpkgBelow(
  root: string,
): (version: string, files: Record<string, string>, ...words: string[]) => void {
  for (const folder of ['var/lib/dpkg/info', 'var/lib/dpkg/updates', 'var/log'])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'var/lib/dpkg/status'), '');
  return (version, files, ...words) => {
    const build = join(root, 'build');
    rmSync(build, { recursive: true, force: true });
    for (const folder of ['DEBIAN', 'bin', 'etc']) mkdirSync(join(build, folder), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(build, 'bin', name), text);
    writeFileSync(join(build, 'etc/hello.conf'), words.length > 0 ? `a setting of ${version}` : 'a setting');
    writeFileSync(
      join(build, 'DEBIAN/control'),
      `Package: redoubt-test\nVersion: ${version}\nArchitecture: all\nMaintainer: Test <test@example.org>\nDescription: a test\n`,
    );
    writeFileSync(join(build, 'DEBIAN/conffiles'), '/etc/hello.conf\n');
    const md5 = (text: string) => createHash('md5').update(text).digest('hex');
    const sums = Object.entries(files).map(([name, text]) => `${md5(text)}  bin/${name}\n`);
    writeFileSync(join(build, 'DEBIAN/md5sums'), sums.join(''));
    execFileSync('dpkg-deb', ['--build', '--root-owner-group', build, join(root, 'test.deb')], {
      stdio: 'pipe',
    });
    const log = join(root, 'var/log/dpkg.log');
    const place = ['--root', root, '--log', log, ...words];
    execFileSync('dpkg', [...place, '-i', join(root, 'test.deb')], { stdio: 'pipe' });
  };
}

test('a package that dpkg installs explains its files, and nothing else', async t => {
  const root = folderFor(t);
  tree(root);
  const install = dpkgBelow(root);
  const vault = await vaultFor(t);
  const made = await createState(collector(), { root }, { who: 'test', why: 'test' }, context(vault));
  await signIn(vault, made.entry);
  install('1.0', { hello: 'hello', other: 'other' });
  const drifts = async () => {
    const golden = await vault.open('files', await vault.verifiers());
    const list = await all(checkState(collector(), golden, { root }, vault));
    return list.filter(one => one.judgement).map(one => [one.change.key, one.explanation?.by]);
  };
  const by = 'dpkg: redoubt-test';
  assert.deepEqual(await drifts(), [
    ['/bin/hello', by],
    ['/bin/other', by],
    ['/etc/hello.conf', by],
  ]);
  // What scripts bring: a folder of root's, and a file that ucf noted.
  mkdirSync(join(root, 'etc/texts.d'));
  mkdirSync(join(root, 'etc/open.d'));
  chmodSync(join(root, 'etc/open.d'), 0o777);
  writeFileSync(join(root, 'etc/noted.conf'), 'noted');
  mkdirSync(join(root, 'var/lib/ucf'));
  const noted = createHash('md5').update('noted').digest('hex');
  writeFileSync(join(root, 'var/lib/ucf/hashfile'), `${noted}  /etc/noted.conf\n${noted}  /etc/wrong.conf\n`);
  writeFileSync(join(root, 'etc/wrong.conf'), 'another');
  const scripts = [
    ['/etc/noted.conf', 'ucf'],
    ['/etc/open.d', undefined],
    ['/etc/texts.d', 'dpkg: script'],
    ['/etc/wrong.conf', undefined],
  ];
  assert.deepEqual((await drifts()).slice(3), scripts);
  // In the middle of the transaction, but not what the package brought.
  writeFileSync(join(root, 'bin/other'), 'OTHER');
  writeFileSync(join(root, 'bin/stranger'), 'x');
  assert.deepEqual(await drifts(), [
    ['/bin/hello', by],
    ['/bin/other', undefined],
    ['/bin/stranger', undefined],
    ['/etc/hello.conf', by],
    ...scripts,
  ]);
  const log = readFileSync(join(root, 'var/log/dpkg.log'), 'utf8');
  writeFileSync(join(root, 'var/log/dpkg.log'), log.replaceAll(/^\d{4}/gm, '2001'));
  const late = new DpkgWitness({ root, since: 0 });
  const entry = (await collect(root)).find(one => one.key === '/bin/hello') as StateEntry;
  assert.equal(await late.explain({ kind: 'added', key: entry.key, after: entry }), undefined);
});

test('forms of a configuration file that dpkg puts beside it are explained, and not what is put in their place', async t => {
  const root = folderFor(t);
  tree(root);
  const install = dpkgBelow(root);
  const conf = join(root, 'etc/hello.conf');
  install('1.0', {});
  writeFileSync(conf, 'mine');
  const vault = await vaultFor(t);
  const made = await createState(collector(), { root }, { who: 'test', why: 'test' }, context(vault));
  await signIn(vault, made.entry);
  const drifts = async () => {
    const golden = await vault.open('files', await vault.verifiers());
    const list = await all(checkState(collector(), golden, { root }, vault));
    return list.filter(one => one.judgement).map(one => [one.change.key, one.explanation?.by]);
  };
  const by = 'dpkg: redoubt-test';
  install('2.0', {}, '--force-confnew');
  assert.deepEqual(await drifts(), [
    ['/etc/hello.conf', by],
    ['/etc/hello.conf.dpkg-old', by],
  ]);
  writeFileSync(conf, 'mine again');
  install('3.0', {}, '--force-confold');
  assert.deepEqual(await drifts(), [
    ['/etc/hello.conf', undefined],
    ['/etc/hello.conf.dpkg-dist', by],
  ]);
  writeFileSync(`${conf}.dpkg-dist`, 'of nobody');
  writeFileSync(join(root, 'etc/stranger.conf.dpkg-old'), 'of no package');
  assert.deepEqual(await drifts(), [
    ['/etc/hello.conf', undefined],
    ['/etc/hello.conf.dpkg-dist', undefined],
    ['/etc/stranger.conf.dpkg-old', undefined],
  ]);
});

test('what a package no longer has explains its absence, and no other', async t => {
  const root = folderFor(t);
  tree(root);
  const install = dpkgBelow(root);
  const backslash = 'a\\x2db';
  install('1.0', { hello: 'hello', other: 'other', [backslash]: 'named as systemd names units' });
  writeFileSync(join(root, 'bin/stranger'), 'of nobody');
  const vault = await vaultFor(t);
  const made = await createState(collector(), { root }, { who: 'test', why: 'test' }, context(vault));
  await signIn(vault, made.entry);
  install('2.0', { hello: 'hello, again' });
  // Beside what dpkg took away, while it worked.
  rmSync(join(root, 'bin/stranger'));
  rmSync(join(root, 'bin/hello'));
  const golden = await vault.open('files', await vault.verifiers());
  const list = await all(checkState(collector(), golden, { root }, vault));
  assert.deepEqual(
    list.filter(one => one.judgement).map(one => [one.change.key, one.change.kind, one.explanation?.by]),
    [
      ['/bin/a\\\\x2db', 'removed', 'dpkg: redoubt-test'],
      ['/bin/hello', 'removed', undefined],
      ['/bin/other', 'removed', 'dpkg: redoubt-test'],
      ['/bin/stranger', 'removed', undefined],
    ],
  );
});
