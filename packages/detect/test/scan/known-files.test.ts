/** Engines that know files: ClamAV through a real clamd, indicators by digest, TLSH beside Debian's tool. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { IndicatorLibrary } from '../../src/intelligence/index.ts';
import { readClamdConfiguration } from '../../src/scan/clamd-configuration.ts';
import { readTlsh, tlsh, tlshDistance, tlshText } from '../../src/scan/engines/tlsh.ts';
import {
  BytesSubject,
  defaultLimits,
  makeEngines,
  openClamd,
  scanFile,
  scanSubject,
  scanTree,
} from '../../src/scan/index.ts';
import { LentMemory } from '../../src/scan/lent-memory.ts';

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'redoubt-known-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const testFiles = '/usr/share/clamav-testfiles';

function digestOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

test("every one of ClamAV's test files is found through clamd, with signatures that are made here", async context => {
  const database = join(folder, 'database');
  mkdirSync(database);
  const files = readdirSync(testFiles);
  const program = readFileSync(join(testFiles, 'clam.exe'));
  const digest = createHash('md5').update(program).digest('hex');
  writeFileSync(join(database, 'test.hdb'), `${digest}:${program.length}:Redoubt.Test.ClamProgram\n`);
  const clamd = await openClamd({ database, threads: 2 });
  assert.ok(clamd, 'clamd is installed');
  context.after(() => clamd.stop());
  const missed: string[] = [];
  // Handed over as open files, many at once; and each content sent over the socket.
  for (const most of [clamd.most, 0]) {
    const settings = { yaraRules: [], clamdSocket: clamd.socket, only: ['clamav'] };
    const engines = await makeEngines({ ...settings, ...(most !== undefined && { clamdMost: most }) });
    assert.match(engines[0]?.version ?? '', /^ClamAV \d/);
    const scanning = { engines, limits: defaultLimits, opens: false, memory: new LentMemory() };
    const judged = await Promise.all(
      files.map(async file => ({ file, ...(await scanFile(join(testFiles, file), scanning)) })),
    );
    for (const { file, verdict, sha256 } of judged)
      if (verdict.judged !== 'malicious' || sha256 !== digestOf(join(testFiles, file)))
        missed.push(`${most} ${file}: ${JSON.stringify(verdict.notes)}`);
    await Promise.all(engines.map(engine => engine.close?.()));
  }
  assert.deepEqual(missed, []);

  const found: string[] = [];
  const report = await scanTree({
    paths: [testFiles],
    images: ['/proc/self/exe'],
    engines: { yaraRules: [], clamdSocket: clamd.socket, clamdMost: 1 << 30, only: ['clamav'] },
    onVerdict: ({ path, verdict, sha256 }) => {
      if (verdict.judged === 'malicious' && sha256 === digestOf(path)) found.push(basename(path));
    },
  });
  assert.deepEqual(found.sort(), files.sort(), 'a scan by ClamAV alone hands the files over itself');
  assert.deepEqual([report.files, report.clean, report.noted], [files.length + 1, 1, 0]);
});

test('a clamd is reached where its configuration says, and trusted as far as that goes', async () => {
  const path = join(folder, 'clamd.conf');
  writeFileSync(
    path,
    '# LocalSocket /no\nLocalSocket "/run/a b.sock" \n\tMaxFileSize 25M\nMaxScanSize 100k\n',
  );
  assert.deepEqual(readClamdConfiguration(path), { socket: '/run/a b.sock', most: 102_400 });
  writeFileSync(path, 'LocalSocket /run/a.sock\nMaxFileSize 0\nMaxScanSize much\n');
  assert.deepEqual(readClamdConfiguration(path), { socket: '/run/a.sock' });
  await assert.rejects(openClamd({ configuration: path }), /no clamd answers at \/run\/a.sock/);
  writeFileSync(path, 'TCPSocket 3310\n');
  await assert.rejects(openClamd({ configuration: path }), /clamd\.conf names no LocalSocket/);
  await assert.rejects(openClamd({ configuration: `${path}.none` }), /ENOENT/);
});

test('a digest of the indicator library makes a finding, unless its source rests', async () => {
  const content = Buffer.from('a file that someone has named');
  const sha256 = createHash('sha256').update(content).digest('hex');
  const feed = join(folder, 'feed.txt');
  writeFileSync(feed, `${sha256}\n`);
  const path = join(folder, 'indicators');
  const library = await IndicatorLibrary.open(path);
  await library.import({
    source: { name: 'feed', confidence: 80 },
    input: { format: 'plain', path: feed },
    origin: feed,
  } as never);
  const judgedOf = async (bytes: Buffer): Promise<string> => {
    const engines = await makeEngines({ yaraRules: [], indicators: path, only: ['indicators'] });
    const scanning = { engines, limits: defaultLimits, opens: true };
    return (await scanSubject(new BytesSubject('/x', [], bytes), scanning)).judged;
  };
  assert.equal(await judgedOf(content), 'malicious');
  assert.equal(await judgedOf(Buffer.from('another')), 'clean');
  await library.hold('feed', true);
  assert.equal(await judgedOf(content), 'clean');
});

test("TLSH digests and distances are those of Debian's tool", () => {
  const paths = [
    '/usr/bin/yara',
    '/bin/ls',
    '/usr/bin/tar',
    '/etc/services',
    '/usr/bin/bsdtar',
    '/usr/bin/xz',
  ];
  const own = new Map(paths.map(path => [path, tlsh(readFileSync(path))]));
  for (const path of paths) {
    const [theirs] = execFileSync('tlsh', ['-f', path], { encoding: 'utf8' }).split('\t');
    const digest = own.get(path);
    assert.ok(digest);
    assert.equal(tlshText(digest), theirs, path);
    assert.deepEqual(readTlsh(theirs ?? ''), digest);
    assert.deepEqual(readTlsh(`T1${theirs}`), digest);
  }
  for (const a of paths) {
    for (const b of paths) {
      const [digestA, digestB] = [own.get(a), own.get(b)];
      assert.ok(digestA && digestB);
      const said = execFileSync('tlsh', ['-c', tlshText(digestA), '-d', tlshText(digestB)], {
        encoding: 'utf8',
      });
      assert.equal(
        tlshDistance(digestA, digestB),
        Number(/\s(\d+)\s*$/.exec(said)?.[1] ?? /\d+/.exec(said)?.[0]),
        `${a} ${b}`,
      );
    }
  }
  assert.equal(tlsh(Buffer.alloc(10_000)), undefined);
});

test('a file that differs little from a known one is suspicious, and the reason names it', async () => {
  const bytes = Buffer.from(readFileSync('/usr/bin/tar'));
  const digest = tlsh(bytes);
  assert.ok(digest);
  const list = join(folder, 'list');
  writeFileSync(list, `# known\n${tlshText(digest)} sample one\n`);
  bytes.fill(0x41, 1_000, 1_200);
  const engines = await makeEngines({ yaraRules: [], fuzzyHashes: list, only: ['tlsh'] });
  const scanning = { engines, limits: defaultLimits, opens: true };
  const near = await scanSubject(new BytesSubject('/x', [], bytes), scanning);
  assert.equal(near.judged, 'suspicious');
  assert.match(near.findings[0]?.reasons[0]?.text.en ?? '', /away from that of sample one/);
  const far = await scanSubject(new BytesSubject('/x', [], readFileSync('/usr/bin/xz')), scanning);
  assert.equal(far.judged, 'clean');
  writeFileSync(list, 'nonsense\n');
  await assert.rejects(
    makeEngines({ yaraRules: [], fuzzyHashes: list }),
    /list:1: "nonsense" is no TLSH digest/,
  );
});
