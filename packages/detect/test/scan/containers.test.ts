/** EICAR in every form of container, and containers that mean harm. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
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
import { after, before, test } from 'node:test';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import {
  BytesSubject,
  defaultLimits,
  type Engine,
  makeEngines,
  type ScanLimits,
  scanFile,
  scanSubject,
  type Verdict,
} from '../../src/scan/index.ts';
import { eicar, shippedRules } from './samples.ts';

let folder: string;
let engines: Engine[];

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'redoubt-containers-'));
  engines = await makeEngines({ yaraRules: [shippedRules], only: ['yara-x'] });
  writeFileSync(join(folder, 'eicar.com'), eicar);
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function verdictOf(bytes: Buffer, limits: Partial<ScanLimits> = {}): Promise<Verdict> {
  const subject = new BytesSubject('/sample', [], bytes);
  return await scanSubject(subject, {
    engines,
    limits: { ...defaultLimits, ...limits },

    opens: true,
  });
}

async function verdictOfFile(name: string, limits: Partial<ScanLimits> = {}): Promise<Verdict> {
  const scanning = { engines, limits: { ...defaultLimits, ...limits }, opens: true };
  return (await scanFile(join(folder, name), scanning)).verdict;
}

/** Makes a file in the folder by a tool of the system. */
function make(tool: string, ...options: string[]): void {
  execFileSync(tool, options, { cwd: folder, stdio: 'ignore' });
}

const forms: Readonly<Record<string, () => void>> = {
  'a.zip': () => make('zip', '-q', 'a.zip', 'eicar.com'),
  'a.tar': () => make('tar', 'cf', 'a.tar', 'eicar.com'),
  'a.tar.gz': () => make('tar', 'czf', 'a.tar.gz', 'eicar.com'),
  'a.tar.bz2': () => make('tar', 'cjf', 'a.tar.bz2', 'eicar.com'),
  'a.tar.xz': () => make('tar', 'cJf', 'a.tar.xz', 'eicar.com'),
  'a.tar.zst': () => make('tar', '--zstd', '-cf', 'a.tar.zst', 'eicar.com'),
  'a.com.bz2': () => make('bzip2', '-k', 'eicar.com'),
  'a.com.xz': () => make('xz', '-k', 'eicar.com'),
  'a.com.lzma': () => make('xz', '-F', 'lzma', '-k', 'eicar.com'),
  'a.com.gz': () => writeFileSync(join(folder, 'eicar.com.gz'), gzipSync(eicar)),
  'a.com.zst': () => writeFileSync(join(folder, 'eicar.com.zst'), zstdCompressSync(eicar)),
  'a.7z': () => make('7z', 'a', 'a.7z', 'eicar.com'),
  'a.cpio': () => make('sh', '-c', 'echo eicar.com | bsdcpio -o -H newc > a.cpio'),
  'a.iso': () => make('genisoimage', '-quiet', '-R', '-J', '-o', 'a.iso', 'eicar.com'),
  'a.deb': () => {
    writeFileSync(join(folder, 'debian-binary'), '2.0\n');
    make('tar', 'cJf', 'data.tar.xz', 'eicar.com');
    make('ar', 'rc', 'a.deb', 'debian-binary', 'data.tar.xz');
  },
  'a.rpm': () => {
    make('sh', '-c', 'echo eicar.com | bsdcpio -o -H newc > b.cpio');
    writeFileSync(join(folder, 'a.rpm'), rpmOf(zstdCompressSync(readFileSync(join(folder, 'b.cpio')))));
  },
  'a.pdf': () => writeFileSync(join(folder, 'a.pdf'), pdfOf(eicar)),
  'nested.zip': () => {
    make('zip', '-q', 'inner.jar', 'eicar.com');
    make('tar', 'czf', 'inner.tgz', 'inner.jar');
    make('zip', '-q', 'nested.zip', 'inner.tgz');
  },
};

/** An RPM package with empty headers around a payload. */
function rpmOf(payload: Buffer): Buffer {
  const lead = Buffer.alloc(96);
  lead.writeUInt32BE(0xedabeedb, 0);
  const header = Buffer.alloc(16);
  header.writeUInt32BE(0x8eade801, 0);
  return Buffer.concat([lead, header, header, payload]);
}

function pdfOf(content: Buffer): Buffer {
  const stream = deflateSync(content);
  return Buffer.concat([
    Buffer.from(`%PDF-1.4\n1 0 obj\n<< /Length ${stream.length} /Filter /FlateDecode >>\nstream\n`),
    stream,
    Buffer.from('\nendstream\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n'),
  ]);
}

for (const [name, makeForm] of Object.entries(forms)) {
  test(`EICAR is found in ${name}`, async () => {
    makeForm();
    const file = name.startsWith('a.com') ? `eicar${name.slice(1)}` : name;
    const verdict = await verdictOfFile(file);
    assert.equal(verdict.judged, 'malicious', JSON.stringify(verdict));
    assert.ok(
      verdict.findings.some(
        ({ signature, where }) => signature === 'redoubt_eicar_test_file' && where.includes('!/'),
      ),
    );
    assert.deepEqual(verdict.notes, []);
  });
}

test('encrypted members are reported as such, and what is not encrypted is still looked at', async () => {
  writeFileSync(join(folder, 'secret.txt'), 'some text that is kept secret');
  make('zip', '-q', '-P', 'word', 'enc.zip', 'secret.txt');
  make('zip', '-q', 'enc.zip', 'eicar.com');
  const verdict = await verdictOfFile('enc.zip');
  assert.equal(verdict.judged, 'malicious');
  assert.deepEqual(
    verdict.notes.map(({ kind, where }) => [kind, where.slice(-10)]),
    [['encrypted', 'secret.txt']],
  );
  make('7z', 'a', '-pword', '-mhe=on', 'enc.7z', 'secret.txt');
  assert.deepEqual(
    (await verdictOfFile('enc.7z')).notes.map(({ kind }) => kind),
    ['encrypted'],
  );
});

test('a bomb ends at the ratio, in bounded memory, and what was before it is found', async () => {
  const bomb = gzipSync(Buffer.concat([eicar, Buffer.alloc(16 * 2 ** 20)]));
  const limits = { ratioFloor: 2 ** 20 };
  const verdict = await verdictOf(bomb, limits);
  assert.ok(verdict.notes.some(({ kind }) => kind === 'bomb'));
  assert.ok(verdict.findings.some(({ signature }) => signature === 'bomb'));
  make(
    'sh',
    '-c',
    'head -c 16M /dev/zero > zeros && cp eicar.com 0first && tar czf bomb.tgz 0first zeros eicar.com',
  );
  const tar = await verdictOfFile('bomb.tgz', limits);
  assert.ok(tar.notes.some(({ kind }) => kind === 'bomb'));
  assert.ok(tar.findings.some(({ where }) => where.endsWith('0first')) || tar.judged === 'suspicious');
});

test('nesting ends at the depth, and the count of members at its limit', async () => {
  let nested = gzipSync(eicar);
  for (let level = 0; level < 10; level += 1) nested = gzipSync(nested);
  const deep = await verdictOf(nested, { depth: 4 });
  assert.deepEqual(
    deep.notes.map(({ kind }) => kind),
    ['too-deep'],
  );
  make('sh', '-c', 'mkdir -p many && cd many && seq 200 | xargs touch && cd .. && tar cf many.tar many');
  const many = await verdictOfFile('many.tar', { members: 100 });
  assert.deepEqual(
    many.notes.map(({ kind }) => kind),
    ['too-many'],
  );
});

test('names and links that lead out are noted, devices have no content, and nothing is written', async () => {
  const place = join(folder, 'in/side');
  mkdirSync(place, { recursive: true });
  writeFileSync(join(folder, 'in/out.txt'), 'out');
  symlinkSync('/etc/passwd', join(place, 'link'));
  execFileSync('mkfifo', [join(place, 'pipe')]);
  execFileSync('tar', ['cPf', join(folder, 'out.tar'), '../out.txt', 'link', 'pipe'], { cwd: place });
  const listed = readdirSync(folder, { recursive: true }).length;
  const verdict = await verdictOfFile('out.tar');
  assert.deepEqual(verdict.notes.map(({ kind }) => kind).toSorted(), [
    'not-a-file',
    'not-a-file',
    'unsafe-name',
  ]);
  assert.equal(verdict.judged, 'suspicious');
  assert.equal(readdirSync(folder, { recursive: true }).length, listed);
});

test('what is no regular file is not waited for, and a sparse file costs no more than its limit', async () => {
  execFileSync('mkfifo', [join(folder, 'fifo')]);
  assert.deepEqual(
    (await verdictOfFile('fifo')).notes.map(({ kind }) => kind),
    ['not-a-file'],
  );
  execFileSync('truncate', ['-s', '1T', join(folder, 'sparse')]);
  const sparse = await verdictOfFile('sparse', { contentBytes: 2 ** 20 });
  assert.deepEqual(
    sparse.notes.map(({ kind }) => kind),
    ['too-large'],
  );
  assert.deepEqual(
    (await verdictOfFile('missing')).notes.map(({ kind }) => kind),
    ['unreadable'],
  );
});

test('damaged containers get a note, never a failure', async () => {
  make('zip', '-q', 'd.zip', 'eicar.com', 'zeros');
  const zip = readFileSync(join(folder, 'd.zip'));
  for (const cut of [4, 10, 40, zip.length - 30]) await verdictOf(zip.subarray(0, cut));
  const ole = Buffer.alloc(2_048, 0xff);
  ole.write('d0cf11e0a1b11ae1', 0, 'hex');
  ole.writeUInt16LE(9, 30);
  await verdictOf(ole);
});

test('a compressed text that passes for a list of files is looked at itself', async () => {
  const list = `#mtree\n./a type=file size=3\n./b type=dir\n# ${eicar.toString('latin1')}\n`;
  const told = engines[0] as Engine;
  const seen: string[] = [];
  const spy: Engine = {
    ...told,
    scan: subject => {
      seen.push(subject.bytes().toString('latin1'));
      return [];
    },
  };
  for (const words of [
    list,
    'Contents: \n\tREQUIREMENTS type=\n\tINSTALL type=file mode=0644\n/set type=file\n',
  ]) {
    seen.length = 0;
    const { notes } = await scanSubject(new BytesSubject('/sample', [], gzipSync(words)), {
      engines: [spy],
      limits: defaultLimits,
      opens: true,
    });
    assert.deepEqual(notes, []);
    assert.ok(seen.includes(words), 'the text was seen');
  }
});
