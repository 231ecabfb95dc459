import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseDns } from '../../src/index.ts';

/** A message from its parts; each part is text to be a label sequence, or bytes. */
function name(text: string): Buffer {
  const labels = text === '' ? [] : text.split('.');
  return Buffer.concat([
    ...labels.map(label => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')])),
    Buffer.from([0]),
  ]);
}

function header(flags: number, questions: number, answers: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16BE(0x1234, 0);
  bytes.writeUInt16BE(flags, 2);
  bytes.writeUInt16BE(questions, 4);
  bytes.writeUInt16BE(answers, 6);
  return bytes;
}

function question(text: string, type: number): Buffer {
  return Buffer.concat([name(text), Buffer.from([0, type, 0, 1])]);
}

/** An answer whose name points to the question. */
function answer(type: number, data: Buffer, ttl = 300): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttl, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

test('a query as the resolver of this runtime sends it', async () => {
  const server = createSocket('udp4');
  await new Promise<void>(resolve => server.bind(0, '127.0.0.1', resolve));
  const message = new Promise<Buffer>(resolve => server.once('message', resolve));
  const resolver = new Resolver({ timeout: 100, tries: 1 });
  resolver.setServers([`127.0.0.1:${server.address().port}`]);
  const asked = resolver.resolveTxt('data.example.test').catch(() => undefined);
  const parsed = parseDns(await message);
  server.close();
  resolver.cancel();
  await asked;
  assert.equal(parsed?.hostname.toLowerCase(), 'data.example.test');
  assert.equal(parsed?.type, 'TXT');
  assert.equal(parsed?.class, 'IN');
  assert.equal(parsed?.isResponse, false);
});

test('answers of each type that is told in words', () => {
  const ipv6 = Buffer.from('20010db8000000000000000000000001', 'hex');
  const parts = [
    answer(1, Buffer.from([192, 0, 2, 7])),
    answer(28, ipv6),
    answer(5, name('alias.example')),
    answer(15, Buffer.concat([Buffer.from([0, 10]), name('mx.example')])),
    answer(16, Buffer.concat([Buffer.from([3]), Buffer.from('abc'), Buffer.from([2]), Buffer.from('de')])),
    answer(33, Buffer.concat([Buffer.from([0, 1, 0, 2, 0x01, 0xbb]), name('srv.example')])),
    answer(257, Buffer.from([1, 2])),
    answer(5, Buffer.from([0xc0, 12])),
  ];
  const parsed = parseDns(
    Buffer.concat([header(0x8180, 1, parts.length), question('a.example', 1), ...parts]),
  );
  assert.deepEqual(
    parsed?.answers.map(({ type, rdata }) => [type, rdata]),
    [
      ['A', '192.0.2.7'],
      ['AAAA', '2001:db8::1'],
      ['CNAME', 'alias.example'],
      ['MX', 'mx.example'],
      ['TXT', 'abcde'],
      ['SRV', 'srv.example:443'],
      ['TYPE257', '0102'],
      ['CNAME', 'a.example'],
    ],
  );
  assert.equal(parsed?.isPartial, false);
  assert.equal(parsed?.rcode, 'NOERROR');
  assert.equal(parsed?.answers[0]?.ttl, 300);
});

test('a refusal, the root, and labels with odd bytes', () => {
  assert.equal(parseDns(Buffer.concat([header(0x8183, 1, 0), question('x', 1)]))?.rcode, 'NXDOMAIN');
  assert.equal(parseDns(Buffer.concat([header(0, 1, 0), question('', 2)]))?.hostname, '.');
  const odd = Buffer.concat([header(0, 1, 0), Buffer.from([3, 0x2e, 0x00, 0x61, 0, 0, 1, 0, 1])]);
  assert.equal(parseDns(odd)?.hostname, '\\046\\000a');
});

test('pointers that loop or point forwards end the message', () => {
  const loop = Buffer.concat([header(0, 1, 0), Buffer.from([0xc0, 12, 0, 1, 0, 1])]);
  assert.equal(parseDns(loop), undefined);
  const mutual = Buffer.concat([header(0, 1, 0), Buffer.from([1, 0x61, 0xc0, 12, 0, 1, 0, 1])]);
  assert.equal(parseDns(mutual), undefined);
  const torn = Buffer.concat([header(0x8180, 1, 2), question('a', 1), answer(1, Buffer.from([1, 2, 3, 4]))]);
  assert.equal(parseDns(torn)?.isPartial, true);
  assert.equal(parseDns(torn)?.answers.length, 1);
});

test('whatever the bytes, reading ends, within its limits', () => {
  const valid = Buffer.concat([
    header(0x8180, 1, 3),
    question('www.example', 1),
    answer(5, Buffer.from([0xc0, 12])),
    answer(16, Buffer.from([4, 97, 98, 99, 100])),
  ]);
  const mutated = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 8 }).map(changes => {
    const bytes = Buffer.from(valid);
    for (const [at, value] of changes) bytes[at] = value;
    return bytes;
  });
  const random = fc.uint8Array({ maxLength: 600 }).map(bytes => Buffer.from(bytes));
  fc.assert(
    fc.property(fc.oneof(mutated, random), bytes => {
      const parsed = parseDns(bytes);
      if (parsed === undefined) return;
      assert.ok(parsed.answers.length <= 64);
      assert.ok(parsed.hostname.length <= 255 * 4);
      assert.match(parsed.hostname, /^[\x21-\x7e]+$/);
      for (const { rdata } of parsed.answers) assert.ok(rdata.length <= 1024);
    }),
    { numRuns: 2000 },
  );
});
