/** The same tree as a folder, a raw disk, a qcow2 disk, an OCI layout and an archive. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { StateChange, StateEntry } from '@redoubt/model';
import fc from 'fast-check';
import { pack } from 'tar-stream';
import {
  compareImage,
  disksOf,
  hookScript,
  ImageError,
  installHook,
  kindOf,
  readState,
  removeHook,
  stateOfGuest,
  withImage,
  writeState,
} from '../../src/image/index.ts';
import { cleanPath, overlay, readLayer } from '../../src/image/layers.ts';

const folder = mkdtempSync(join(tmpdir(), 'redoubt-image-'));
const tree = join(folder, 'tree');
after(() => rmSync(folder, { recursive: true, force: true }));

mkdirSync(join(tree, 'etc'), { recursive: true });
mkdirSync(join(tree, 'usr/bin'), { recursive: true });
writeFileSync(join(tree, 'etc/os-release'), 'ID=test\n');
writeFileSync(join(tree, 'usr/bin/tool'), 'a tool\n');
chmodSync(join(tree, 'usr/bin/tool'), 0o755);
symlinkSync('tool', join(tree, 'usr/bin/alias'));
writeFileSync(join(tree, 'usr/bin/odd\nname'), '');

interface TarFile {
  readonly name: string;
  readonly content?: string;
  readonly type?: 'file' | 'directory' | 'symlink' | 'link';
  readonly linkname?: string;
  readonly mode?: number;
}

async function tar(files: readonly TarFile[]): Promise<Buffer> {
  const archive = pack();
  for (const { content = '', ...header } of files) archive.entry({ mode: 0o644, ...header }, content);
  archive.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of archive) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

async function entriesOf(source: string, troubles: string[] = []): Promise<Map<string, StateEntry>> {
  const entries = new Map<string, StateEntry>();
  await withImage(source, { onTrouble: ({ key }) => troubles.push(key) }, async found => {
    for await (const entry of found) entries.set(entry.key, entry);
  });
  entries.delete('/lost+found');
  return entries;
}

async function differ(golden: Map<string, StateEntry>, source: string, all = true): Promise<StateChange[]> {
  const changes: StateChange[] = [];
  await withImage(source, {}, async entries => {
    for await (const change of compareImage(new Map(golden), entries, all))
      if (change.key !== '/lost+found') changes.push(change);
  });
  return changes;
}

test('a folder and the disks made from it have the same state; a change is told', async () => {
  const golden = await entriesOf(tree);
  assert.deepEqual([...golden.keys()].toSorted(), [
    '/etc',
    '/etc/os-release',
    '/usr',
    '/usr/bin',
    '/usr/bin/alias',
    '/usr/bin/odd\nname',
    '/usr/bin/tool',
  ]);
  assert.equal(
    golden.get('/usr/bin/tool')?.facts['sha256'],
    createHash('sha256').update('a tool\n').digest('hex'),
  );
  const file = join(folder, 'tree.state');
  await withImage(tree, {}, entries => writeState(file, tree, entries));
  assert.deepEqual(await readState(file), golden);
  const text = readFileSync(file, 'utf8');
  for (const bad of [
    text.replace('a tool', 'x').replace('/usr/bin/tool', '/usr/bin/toot'),
    text.slice(0, -20),
    '',
    'x\n',
  ]) {
    writeFileSync(join(folder, 'bad.state'), bad);
    await assert.rejects(readState(join(folder, 'bad.state')), ImageError);
  }
  const raw = join(folder, 'disk.raw');
  execFileSync('truncate', ['-s', '8M', raw]);
  execFileSync('mkfs.ext4', ['-q', '-d', tree, raw]);
  const before = createHash('sha256').update(readFileSync(raw)).digest('hex');
  assert.equal(await kindOf(raw), 'disk');
  assert.deepEqual(await differ(golden, raw), []);
  assert.equal(createHash('sha256').update(readFileSync(raw)).digest('hex'), before);
  // The same file system behind a partition table, at sector 2048.
  const table = Buffer.alloc(2048 * 512);
  table.writeUInt8(0x83, 450);
  table.writeUInt32LE(2048, 454);
  table.writeUInt32LE((8 << 20) / 512, 458);
  table.writeUInt16LE(0xaa55, 510);
  const parted = join(folder, 'parted.raw');
  writeFileSync(parted, Buffer.concat([table, readFileSync(raw)]));
  assert.deepEqual(await differ(golden, parted), []);
  const qcow = join(folder, 'disk.qcow2');
  execFileSync('qemu-img', ['convert', '-O', 'qcow2', raw, qcow]);
  assert.deepEqual(await differ(golden, qcow), []);
  writeFileSync(join(tree, 'usr/bin/tool'), 'changed');
  writeFileSync(join(tree, 'usr/bin/new'), '');
  rmSync(join(tree, 'usr/bin/alias'));
  const changes = await differ(golden, tree);
  assert.deepEqual(changes.map(({ kind, key }) => `${kind} ${key}`).toSorted(), [
    'added /usr/bin/new',
    'changed /usr/bin/tool',
    'removed /usr/bin/alias',
  ]);
  assert.ok(readdirSync(tmpdir()).every(name => !name.startsWith('redoubt-disk-')));
});

test('a disk that names files of the host is refused', async () => {
  const qcow = join(folder, 'backed.qcow2');
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', '/etc/hostname', qcow]);
  await assert.rejects(entriesOf(qcow), /draws on another file/);
  writeFileSync(join(folder, 'noise'), Buffer.alloc(65536, 7));
  await assert.rejects(entriesOf(join(folder, 'noise')), ImageError);
});

const lower: TarFile[] = [
  { name: 'etc/', type: 'directory', mode: 0o755 },
  { name: 'etc/keep', content: 'k' },
  { name: 'etc/gone', content: 'g' },
  { name: 'opt/old/a', content: 'a' },
  { name: 'usr/bin/tool', content: 'tool' },
];
const upper: TarFile[] = [
  { name: 'etc/.wh.gone' },
  { name: 'opt/old/.wh..wh..opq' },
  { name: 'opt/old/b', content: 'b' },
  { name: 'usr/bin/same', type: 'link', linkname: 'usr/bin/tool' },
  { name: '../../escape', content: 'x' },
];
const expected = ['/etc', '/etc/keep', '/opt/old/b', '/usr/bin/same', '/usr/bin/tool'];

test('layers of an OCI layout lie over each other; a wrong digest is refused', async () => {
  const layout = join(folder, 'oci');
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true });
  const put = (bytes: Buffer): { digest: string; size: number } => {
    const digest = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(layout, 'blobs/sha256', digest), bytes);
    return { digest: `sha256:${digest}`, size: bytes.length };
  };
  const layers = [put(gzipSync(await tar(lower))), put(await tar(upper))];
  const manifest = put(Buffer.from(JSON.stringify({ schemaVersion: 2, layers })));
  writeFileSync(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ manifests: [manifest] }));
  const troubles: string[] = [];
  const entries = await entriesOf(layout, troubles);
  assert.deepEqual([...entries.keys()].toSorted(), expected);
  assert.deepEqual(troubles, ['../../escape']);
  assert.equal(
    entries.get('/usr/bin/same')?.facts['sha256'],
    createHash('sha256').update('tool').digest('hex'),
  );
  assert.ok(!existsSync(join(folder, 'escape')));
  const whole = join(folder, 'oci.tar');
  execFileSync('tar', ['-cf', whole, '-C', layout, '.']);
  assert.deepEqual(await entriesOf(whole), entries);
  writeFileSync(join(layout, 'blobs', (layers[1]?.digest ?? '').replace(':', '/')), await tar(lower));
  await assert.rejects(entriesOf(layout), /other content than its digest/);
});

test('an archive of docker save', async () => {
  const parts = join(folder, 'docker');
  mkdirSync(parts);
  writeFileSync(join(parts, 'a.tar'), await tar(lower));
  writeFileSync(join(parts, 'b.tar'), await tar(upper));
  writeFileSync(join(parts, 'manifest.json'), JSON.stringify([{ Layers: ['a.tar', 'b.tar'] }]));
  const whole = join(folder, 'docker.tar');
  execFileSync('tar', ['-cf', whole, '-C', parts, 'b.tar', 'a.tar', 'manifest.json']);
  assert.deepEqual([...(await entriesOf(whole)).keys()].toSorted(), expected);
  execFileSync('tar', ['-cf', whole, '-C', parts, 'b.tar', 'manifest.json']);
  await assert.rejects(entriesOf(whole), /missing/);
});

test('no name leads out, and damaged layers are refused', async () => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.constantFrom('..', '.', '', 'a', 'b c')), (odd, parts) => {
      const path = cleanPath(`${parts.join('/')}${odd}`);
      if (path === undefined) return;
      assert.ok(path.startsWith('/') && !path.split('/').includes('..'));
    }),
  );
  const whole = await tar([...lower, ...upper]);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 }),
      fc.nat(whole.length),
      async (changes, cut) => {
        const bytes = Buffer.from(cut % 2 === 0 ? whole.subarray(0, cut) : whole);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        try {
          const layer = await readLayer(Readable.from([bytes]));
          overlay(new Map(), layer);
          for (const path of layer.entries.keys()) assert.ok(!path.split('/').includes('..'));
        } catch (error) {
          assert.ok(error instanceof ImageError, String(error));
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('the hook is written, asks only before a start, fails open, and goes again; nobody else’s is touched', async () => {
  const path = join(folder, 'hooks/qemu.d/50-redoubt');
  const launcher = join(folder, 'launcher');
  const answer = (code: number): void =>
    writeFileSync(launcher, `#!/bin/sh\nexit ${code}\n`, { mode: 0o755 });
  const ask = (...words: string[]): number => {
    try {
      execFileSync(path, words, { input: '' });
      return 0;
    } catch (error) {
      return (error as { status: number }).status;
    }
  };
  answer(1);
  installHook(hookScript(launcher, false, folder), path);
  assert.equal(ask('guest', 'prepare', 'begin', '-'), 0);
  installHook(hookScript(launcher, true, folder), path);
  assert.equal(ask('guest', 'prepare', 'begin', '-'), 1);
  assert.equal(ask('guest', 'started', 'begin', '-'), 0);
  answer(3);
  assert.equal(ask('guest', 'prepare', 'begin', '-'), 0);
  rmSync(launcher);
  assert.equal(ask('guest', 'prepare', 'begin', '-'), 0);
  assert.equal(removeHook(path), true);
  assert.equal(removeHook(path), false);
  writeFileSync(path, '#!/bin/sh\n');
  assert.throws(() => installHook('x', path), ImageError);
  assert.throws(() => removeHook(path), ImageError);
  const xml = `<domain><devices><disk type='file' device='cdrom'><source file='/a.iso'/></disk><disk type="file" device="disk"><source file="/v/a&amp;b.qcow2"/></disk><disk><source dev='/dev/vg/x'/></disk></devices></domain>`;
  assert.deepEqual(disksOf(xml), ['/v/a&b.qcow2', '/dev/vg/x']);
  assert.equal(stateOfGuest('../etc/passwd', folder), undefined);
});
