import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { usrMergeAliases } from '../../src/enrich/dpkg.ts';
import { parseRpmOwner } from '../../src/enrich/rpm.ts';
import { DpkgOwners, PackageOwners, RpmOwners } from '../../src/index.ts';

/** A dpkg database with one package. */
function database(root: string, version: string, paths: readonly string[]): void {
  const info = join(root, 'var/lib/dpkg/info');
  mkdirSync(info, { recursive: true });
  writeFileSync(join(info, 'tool:amd64.list'), `${paths.join('\n')}\n`);
  const status = `Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n\n`;
  writeFileSync(join(root, 'var/lib/dpkg/status'), status);
}

test('owners on this host agree with dpkg itself', {
  skip: !existsSync('/var/lib/dpkg/status'),
}, async () => {
  const owners = new DpkgOwners();
  for (const path of ['/usr/bin/dpkg', '/usr/bin/env', '/etc/passwd', '/usr/bin/no-such-tool']) {
    let expected: string | undefined;
    try {
      expected = execFileSync('dpkg', ['-S', path], { encoding: 'utf8', stdio: 'pipe' }).split(':')[0];
    } catch {
      expected = undefined;
    }
    assert.equal((await owners.ownerOf(path))?.name, expected, path);
  }
  const dpkg = await owners.ownerOf('/usr/bin/dpkg');
  const version = execFileSync('dpkg-query', ['-W', 'dpkg'], { encoding: 'utf8' }).trim().split('\t')[1];
  assert.equal(dpkg?.version, version);
  assert.equal((await owners.ownerOf('/bin/ls'))?.name, (await owners.ownerOf('/usr/bin/ls'))?.name);
  assert.ok(owners.size > 1000);
});

test('a list that says /bin owns /usr/bin and the other way round', async context => {
  const root = mkdtempSync(join(tmpdir(), 'dpkg-'));
  context.after(() => rmSync(root, { recursive: true }));
  database(root, '1.0', ['/bin/tool', '/usr/sbin/toold', '/opt/tool/x']);
  const owners = new DpkgOwners(root, 0);
  assert.equal((await owners.ownerOf('/usr/bin/tool'))?.name, 'tool');
  assert.equal((await owners.ownerOf('/sbin/toold'))?.name, 'tool');
  assert.equal((await owners.ownerOf('/opt/tool/x'))?.version, '1.0');
  assert.equal(await owners.ownerOf('/opt/tool'), undefined);
  database(root, '1.0.1', ['/bin/tool', '/opt/tool']);
  assert.equal((await owners.ownerOf('/opt/tool'))?.version, '1.0.1', 'a changed database is read again');
  assert.equal(await owners.ownerOf('/opt/tool/x'), undefined);
});

test('no dpkg database: nobody owns anything', async () => {
  assert.equal(await new DpkgOwners('/nonexistent').ownerOf('/usr/bin/env'), undefined);
});

test('aliases are their own inverse', () => {
  assert.deepEqual(usrMergeAliases('/bin/ls'), ['/bin/ls', '/usr/bin/ls']);
  assert.deepEqual(usrMergeAliases('/usr/lib64/x.so'), ['/usr/lib64/x.so', '/lib64/x.so']);
  assert.deepEqual(usrMergeAliases('/opt/bin/ls'), ['/opt/bin/ls']);
  fc.assert(
    fc.property(
      fc.constantFrom('/bin', '/usr/bin', '/sbin', '/usr/lib', '/lib64', '/opt'),
      fc.string(),
      (top, rest) => {
        for (const alias of usrMergeAliases(`${top}/${rest}`)) {
          assert.ok(usrMergeAliases(alias).includes(`${top}/${rest}`));
        }
      },
    ),
  );
});

test('what rpm prints, and that its absence is no failure', async () => {
  assert.deepEqual(parseRpmOwner('coreutils\t8.32-36.el9\tx86_64\n'), {
    name: 'coreutils',
    version: '8.32-36.el9',
    type: 'rpm',
    architecture: 'x86_64',
  });
  assert.equal(parseRpmOwner('file /x is not owned by any package\n'), undefined);
  assert.equal(parseRpmOwner(''), undefined);
  const absent = new RpmOwners('/nonexistent/rpm', true);
  assert.equal(await absent.ownerOf('/usr/bin/env'), undefined);
  assert.equal(await absent.ownerOf('--eval'), undefined);
  fc.assert(fc.property(fc.string(), text => void parseRpmOwner(text)));
});

test('rpm itself is asked with the path as its last argument', async context => {
  const folder = mkdtempSync(join(tmpdir(), 'rpm-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const program = join(folder, 'rpm');
  writeFileSync(
    program,
    '#!/bin/sh\n[ "$1" = -qf ] && printf "name-of-%s\\t1-2\\tnoarch\\n" "$(basename "$4")"\n',
    { mode: 0o755 },
  );
  assert.equal((await new RpmOwners(program, true).ownerOf('/usr/bin/tool'))?.name, 'name-of-tool');
});

test('answers are remembered, and known without waiting', async () => {
  const owners = new PackageOwners(new DpkgOwners('/nonexistent'), new RpmOwners('/nonexistent/rpm', true));
  assert.equal(owners.known('/bin/x'), undefined);
  assert.equal(await owners.ownerOf('/bin/x'), undefined);
  assert.equal(owners.known('/bin/x'), null);
  const many = Array.from({ length: 300 }, (_, index) => owners.ownerOf(`/bin/${index}`));
  await Promise.all(many);
  assert.equal(owners.refused, 300 - 256);
});
