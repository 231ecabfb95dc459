/** The ELF parser beside readelf on real files, and on files that were damaged. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { dynamicTag, ElfError, ElfFile, fileSource, isElf, segmentType } from '../../src/elf/index.ts';

const libc = process.report.getReport() as { sharedObjects?: string[] };
const library = realpathSync(
  libc.sharedObjects?.find(path => /libc\.so/.test(path)) ?? '/lib/x86_64-linux-gnu/libc.so.6',
);

function readelf(...words: string[]): string {
  return execFileSync('readelf', ['-W', ...words], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
  });
}

function withFile<T>(path: string, work: (file: ElfFile) => T): T {
  const descriptor = openSync(path, 'r');
  try {
    return work(new ElfFile(fileSource(descriptor)));
  } finally {
    closeSync(descriptor);
  }
}

/** Everything that can be asked of a file. */
function readAll(file: ElfFile): number {
  let seen = file.segments.length + file.sections.length + file.needed.length;
  for (const symbol of file.dynamicSymbols) seen += symbol.name.length;
  for (const symbol of file.allSymbols) seen += symbol.name.length;
  for (const relocation of file.relocations()) seen += relocation.type;
  for (const address of file.relocatedAddresses()) seen += address === 0 ? 0 : 1;
  for (const note of file.notes()) seen += note.bytes.length;
  seen += (file.buildId ?? '').length + (file.soname ?? '').length + (file.interpreter ?? '').length;
  return seen + file.lookup('malloc').length + (file.runpath ?? '').length + Number(file.hasTextRelocations);
}

for (const path of ['/bin/sh', library]) {
  test(`says what readelf says: ${path}`, () => {
    withFile(path, file => {
      const segments = readelf('-l', path).match(/^ {2}[A-Z_]+ +0x[0-9a-f]+ 0x/gm) ?? [];
      assert.equal(file.segments.length, segments.length);
      const sections = readelf('-S', path).match(/^ {2}\[ *\d+\] (\S+)/gm) ?? [];
      assert.deepEqual(
        file.sections.slice(1).map(one => one.name),
        sections.map(line => line.replace(/^ {2}\[ *\d+\] /, '')),
      );
      assert.equal(file.buildId, /Build ID: ([0-9a-f]+)/.exec(readelf('-n', path))?.[1]);
      const symbols = readelf('--dyn-syms', path).match(/^ *\d+: [0-9a-f]{8,16} /gm) ?? [];
      const named = [...file.dynamicSymbols].length;
      assert.ok(named >= symbols.length && named <= symbols.length + 2, `${named} of ${symbols.length}`);
      const relocations = readelf('-r', path).match(/^[0-9a-f]{8,16} {2}[0-9a-f]{8,16} R_/gm) ?? [];
      assert.equal([...file.relocations()].length, relocations.length);
      const needed = [...readelf('-d', path).matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(match => match[1]);
      assert.deepEqual(file.needed, needed);
      assert.equal(file.hasTextRelocations, false);
    });
  });
}

test('a symbol is found by name, with all its versions', () => {
  withFile(library, file => {
    assert.equal(file.soname, 'libc.so.6');
    const all = [...file.dynamicSymbols];
    for (const name of ['malloc', 'memcpy', 'pthread_create', 'fopen']) {
      const found = file.lookup(name);
      assert.ok(found.length > 0, name);
      assert.equal(found.length, all.filter(one => one.name === name).length, name);
    }
    assert.deepEqual(file.lookup('no_such_symbol_anywhere'), []);
    assert.ok(file.dynamic.has(dynamicTag.gnuHash) || file.dynamic.has(dynamicTag.hash));
    assert.ok(file.segments.some(one => one.type === segmentType.dynamic));
  });
});

test('what is no ELF file is refused by name', () => {
  for (const bytes of ['', '\x7fEL', '\x7fELF', '\x7fELF\x03\x01', '#!/bin/sh\n'.repeat(10)]) {
    assert.throws(() => new ElfFile(Buffer.from(bytes, 'latin1')), ElfError);
  }
  assert.ok(isElf(readFileSync('/bin/sh').subarray(0, 4)));
});

test('damaged and hostile files give an answer or ElfError, and nothing else', () => {
  const whole = readFileSync('/bin/true');
  const edits = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 12 });
  // Most of what steers the parser stands in the first kilobyte and in the dynamic section.
  const headEdits = fc.array(fc.tuple(fc.nat(1023), fc.nat(255)), { minLength: 1, maxLength: 12 });
  const dynamic = withFile('/bin/true', file => file.segments.find(one => one.type === segmentType.dynamic));
  const dynamicEdits = fc.array(
    fc.tuple(
      fc.nat((dynamic?.fileSize ?? 1) - 1).map(at => at + (dynamic?.offset ?? 0)),
      fc.nat(255),
    ),
    { minLength: 1, maxLength: 12 },
  );
  fc.assert(
    fc.property(
      fc.oneof(edits, headEdits, dynamicEdits),
      fc.integer({ min: 0, max: whole.length }),
      (changes, cut) => {
        const bytes = Buffer.from(whole.subarray(0, cut % 3 === 0 ? cut : whole.length));
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        try {
          readAll(new ElfFile(bytes));
        } catch (error) {
          assert.ok(error instanceof ElfError, String(error));
        }
      },
    ),
    { numRuns: 300 },
  );
});
