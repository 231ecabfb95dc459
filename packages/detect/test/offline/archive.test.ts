/** Archives from untrusted hands are read within limits, or refused with a reason. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { ArchiveError, readArchive } from '../../src/offline/archive.ts';
import { writeZip } from './zip-writer.ts';

const limits = { files: 20, fileBytes: 10_000, totalBytes: 50_000 };
const any = (): boolean => true;

/** A tar.gz as GNU tar writes it, with a name that does not fit its header. */
function tarball(): { bytes: Buffer; longName: string } {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-archive-'));
  try {
    const longName = `${'long-'.repeat(30)}name.yml`;
    mkdirSync(join(folder, 'pack'));
    writeFileSync(join(folder, 'pack', longName), 'long');
    writeFileSync(join(folder, 'pack', 'a.yml'), 'one');
    return { bytes: execFileSync('tar', ['-cz', '-C', folder, 'pack']), longName };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('zip, tar.gz and tar', () => {
  const zip = writeZip([
    { name: 'pack/a.yml', content: 'one' },
    { name: 'pack/b.txt', content: 'two' },
  ]);
  const names = (bytes: Buffer) =>
    readArchive(bytes, name => name.endsWith('.yml'), limits).map(file => [file.name, file.bytes.toString()]);
  assert.deepEqual(names(zip), [['pack/a.yml', 'one']]);
  const { bytes, longName } = tarball();
  const expected = [
    ['pack/a.yml', 'one'],
    [`pack/${longName}`, 'long'],
  ];
  assert.deepEqual(names(bytes).sort(), expected);
  assert.deepEqual(names(gunzipSync(bytes)).sort(), expected);
});

test('limits hold, whatever the archive claims', () => {
  const large = 'x'.repeat(20_000);
  for (const zip of [
    writeZip([{ name: 'large', content: large }]),
    writeZip([{ name: 'liar', content: large, claimedSize: 10 }]),
    writeZip([{ name: 'liar', content: 'x', claimedSize: 10 }]),
    writeZip(Array.from({ length: 21 }, (_, index) => ({ name: String(index), content: 'x' }))),
    writeZip(Array.from({ length: 6 }, (_, index) => ({ name: String(index), content: 'x'.repeat(9999) }))),
  ]) {
    assert.throws(() => readArchive(zip, any, limits), ArchiveError);
  }
});

test('damaged bytes are read or refused, never anything else', () => {
  const zip = writeZip([
    { name: 'a.yml', content: 'one' },
    { name: 'b.yml', content: 'two'.repeat(100) },
  ]);
  const whole = [zip, tarball().bytes, gunzipSync(tarball().bytes)];
  const damaged = fc
    .record({
      which: fc.nat({ max: 2 }),
      cut: fc.double({ min: 0, max: 1, noNaN: true }),
      changes: fc.array(fc.record({ at: fc.nat(), value: fc.nat({ max: 255 }) }), { maxLength: 8 }),
    })
    .map(({ which, cut, changes }) => {
      const bytes = Buffer.from(whole[which] ?? zip);
      for (const { at, value } of changes) bytes[at % bytes.length] = value;
      return bytes.subarray(0, Math.ceil(bytes.length * Math.max(cut, 0.3)));
    });
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 600 }).map(Buffer.from)), bytes => {
      try {
        const files = readArchive(bytes, any, limits);
        assert.ok(files.reduce((sum, file) => sum + file.bytes.length, 0) <= limits.totalBytes);
      } catch (error) {
        assert.ok(error instanceof ArchiveError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});
