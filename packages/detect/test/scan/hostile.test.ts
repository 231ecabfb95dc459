/** Parsers of untrusted containers: known answers, and nothing that breaks them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { crc32, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { cfbStreams } from '../../src/scan/container/cfb.ts';
import { leadsOut, linkLeadsOut } from '../../src/scan/container/names.ts';
import { isUpxPacked } from '../../src/scan/container/upx.ts';
import { decompress, vbaSource } from '../../src/scan/container/vba.ts';
import { BytesSubject, defaultLimits, makeEngines, scanSubject, type Verdict } from '../../src/scan/index.ts';
import { eicar, shippedRules } from './samples.ts';

const engines = await makeEngines({ yaraRules: [shippedRules], only: ['yara-x'] });
const limits = { ...defaultLimits, unpackedBytes: 4 * 2 ** 20, contentBytes: 2 ** 20, milliseconds: 10_000 };

async function verdictOf(bytes: Buffer): Promise<Verdict> {
  const scanning = { engines, limits, opens: true };
  return await scanSubject(new BytesSubject('/sample', [], bytes), scanning);
}

/** The example of normal compression in [MS-OVBA] 3.2.2. */
const vbaExample = Buffer.from(
  '012fb00023616161626364658266007061676869' +
    '6a013808616b6c00306d6e6f70067102700410727374757610777879' +
    '7a003c',
  'hex',
);
const vbaText = '#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa';

test('VBA is decompressed as the specification says', () => {
  assert.equal(decompress(vbaExample, 1_000).toString(), vbaText);
  assert.equal(vbaSource(Buffer.from('no macro here'), 1_000), undefined);
});

test('the streams of a real OLE document are listed', () => {
  const streams = cfbStreams(readFileSync('/usr/share/clamav-testfiles/clam.ole.doc'));
  const names = streams.map(({ name }) => name);
  assert.ok(names.includes('WordDocument'), names.join(', '));
  assert.ok(streams.every(({ bytes }) => bytes.length < 100_000));
});

/** A RAR 4 archive (technote.txt of RAR 4) with one stored member. */
function rarOf(name: string, content: Buffer): Buffer {
  const block = (type: number, flags: number, fields: Buffer, data: Buffer = Buffer.alloc(0)): Buffer => {
    const head = Buffer.alloc(7);
    head.writeUInt8(type, 2);
    head.writeUInt16LE(flags, 3);
    head.writeUInt16LE(head.length + fields.length, 5);
    const whole = Buffer.concat([head, fields]);
    whole.writeUInt16LE(crc32(whole.subarray(2)) & 0xffff, 0);
    return Buffer.concat([whole, data]);
  };
  const file = Buffer.alloc(25);
  file.writeUInt32LE(content.length, 0);
  file.writeUInt32LE(content.length, 4);
  file.writeUInt8(3, 8);
  file.writeUInt32LE(crc32(content), 9);
  file.writeUInt8(20, 17);
  file.writeUInt8(0x30, 18);
  file.writeUInt16LE(name.length, 19);
  file.writeUInt32LE(0o100644, 21);
  return Buffer.concat([
    Buffer.from('526172211a0700', 'hex'),
    block(0x73, 0, Buffer.alloc(6)),
    block(0x74, 0x8000, Buffer.concat([file, Buffer.from(name)]), content),
    block(0x7b, 0x4000, Buffer.alloc(0)),
  ]);
}

test('EICAR is found in a RAR archive', async () => {
  const verdict = await verdictOf(rarOf('eicar.com', eicar));
  assert.equal(verdict.judged, 'malicious', JSON.stringify(verdict));
  assert.equal(verdict.findings[0]?.where, '/sample!/eicar.com');
});

test('names that lead out are told from those that do not', () => {
  for (const name of ['../x', 'a/../../x', '..\\x', '/../x']) assert.equal(leadsOut(name), true, name);
  for (const name of ['x', 'a/../x', './x', '/etc/x', '...', 'a..b'])
    assert.equal(leadsOut(name), false, name);
  assert.equal(linkLeadsOut('a/b', '../c'), false);
  assert.equal(linkLeadsOut('a/b', '../../c'), true);
  assert.equal(linkLeadsOut('a/b', '/etc/passwd'), true);
});

test("a program with UPX's marks is suspicious and said to be packed", async () => {
  const program = Buffer.alloc(4_096);
  program.write('\x7fELF', 0, 'latin1');
  program.write('UPX!', 200, 'latin1');
  assert.equal(isUpxPacked(program), false);
  program.write('UPX!', 4_070, 'latin1');
  assert.equal(isUpxPacked(program), true);
  const verdict = await verdictOf(program);
  assert.equal(verdict.judged, 'suspicious');
  assert.match(verdict.notes[0]?.text.en ?? '', /packed by UPX/);
});

const pdf = Buffer.concat([
  Buffer.from('%PDF-1.4\n1 0 obj\n<< /Filter /FlateDecode >>\nstream\n'),
  deflateSync(Buffer.from('something')),
  Buffer.from('\nendstream\nendobj\n'),
]);
const samples: readonly Buffer[] = [
  readFileSync('/usr/share/clamav-testfiles/clam.zip'),
  readFileSync('/usr/share/clamav-testfiles/clam.7z'),
  readFileSync('/usr/share/clamav-testfiles/clam.cab'),
  readFileSync('/usr/share/clamav-testfiles/clam.newc.cpio'),
  readFileSync('/usr/share/clamav-testfiles/clam.exe.bz2'),
  readFileSync('/usr/share/clamav-testfiles/clam.ole.doc'),
  rarOf('name', Buffer.from('content')),
  gzipSync(Buffer.from('content')),
  zstdCompressSync(Buffer.from('content')),
  pdf,
];

test('however a container is changed or cut, there is a verdict', async () => {
  const change = fc.record({
    sample: fc.nat({ max: samples.length - 1 }),
    cut: fc.double({ min: 0, max: 1, noNaN: true }),
    edits: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat({ max: 255 })), {
      maxLength: 12,
    }),
  });
  await fc.assert(
    fc.asyncProperty(change, async ({ sample, cut, edits }) => {
      const whole = Buffer.from(samples[sample] ?? Buffer.alloc(0));
      for (const [place, byte] of edits) whole[Math.floor(place * (whole.length - 1))] = byte;
      const verdict = await verdictOf(cut < 0.5 ? whole : whole.subarray(0, Math.ceil(whole.length * cut)));
      assert.ok(['clean', 'suspicious', 'malicious'].includes(verdict.judged));
    }),
    { numRuns: 150, seed: 20_260_101 },
  );
});

test('any bytes behind the signature of a compound file, or of VBA, end in bounded work', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4_096 }), bytes => {
      const file = Buffer.concat([
        Buffer.from('d0cf11e0a1b11ae1', 'hex'),
        Buffer.alloc(22),
        Buffer.from([9, 0]),
        bytes,
      ]);
      try {
        cfbStreams(file);
      } catch (error) {
        assert.ok(error instanceof RangeError);
      }
      assert.ok(decompress(Buffer.from(bytes), 10_000).length <= 10_000);
    }),
    { numRuns: 300, seed: 20_260_101 },
  );
});
