/** Nothing that comes from the network makes the resolver throw, loop, or answer an answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readAnswer, writeAnswer } from '../../src/dns/answer.ts';
import { AnswerCache } from '../../src/dns/cache.ts';
import { Frames, framed } from '../../src/dns/frames.ts';
import { NamePolicy, NameSet, Resolver, readQuery } from '../../src/dns/index.ts';
import { ZoneReader } from '../../src/dns/rpz.ts';
import { questionMessage } from './support/message.ts';

const bytes = fc.uint8Array({ maxLength: 300 }).map(array => Buffer.from(array));
/** A good question with a few bytes changed, cut, or put behind. */
const nearly = fc
  .record({
    name: fc.domain(),
    type: fc.integer({ min: 0, max: 65_535 }),
    dnssec: fc.boolean(),
    changes: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
    cut: fc.nat(200),
    tail: fc.uint8Array({ maxLength: 30 }),
  })
  .map(({ name, type, dnssec, changes, cut, tail }) => {
    const message = Buffer.concat([questionMessage(name, type, { dnssec }), tail]);
    for (const [at, value] of changes) message[at % message.length] = value;
    return cut < 20 ? message.subarray(0, message.length - Math.min(cut, message.length)) : message;
  });

test('any message gets an answer to its own id, or none', async () => {
  const resolver = new Resolver({
    policy: await NamePolicy.load([], []),
    upstreams: [],
    blockAnswer: 'nxdomain',
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(bytes, nearly), fc.boolean(), async (message, isStream) => {
      const answer = await resolver.answer(message, isStream);
      if (answer === undefined) return;
      assert.ok(message.length >= 12 && ((message[2] as number) & 0x80) === 0, 'an answer is not answered');
      assert.equal(answer.readUInt16BE(0), message.readUInt16BE(0));
      assert.equal((answer[2] as number) & 0x80, 0x80);
    }),
    { numRuns: 2000 },
  );
});

test('any answer of an upstream is kept whole or refused; what is written from it can be read again', () => {
  const query = readQuery(questionMessage('a.test', 1, { dnssec: true }));
  assert.ok(query !== undefined && !('rcode' in query));
  fc.assert(
    fc.property(fc.oneof(bytes, nearly), message => {
      if (message.length < 12) return;
      const kept = readAnswer(message, Math.min(12, message.length - 12));
      if (kept === undefined || kept.body.length < 12) return;
      const written = writeAnswer(query, kept, 5, true);
      assert.ok(written.length >= 12 && written.length <= message.length + 11);
    }),
    { numRuns: 2000 },
  );
});

test('messages on a stream come whole, however they are cut', () => {
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 6 }), fc.integer({ min: 1, max: 50 }), (messages, piece) => {
      const stream = Buffer.concat(messages.map(framed));
      const frames = new Frames();
      const got: Buffer[] = [];
      for (let at = 0; at < stream.length; at += piece)
        got.push(...frames.add(stream.subarray(at, at + piece)));
      assert.deepEqual(got.map(String), messages.map(String));
    }),
  );
});

test('any text is read as a zone without a throw, and gives rules with names only', () => {
  const word = fc.oneof(
    fc.constantFrom(
      '$ORIGIN',
      '$TTL',
      '@',
      '(',
      ')',
      '"',
      ';',
      'IN',
      'CNAME',
      '*.',
      '.',
      'A',
      'SOA',
      '60',
      ' ',
      '\t',
    ),
    fc.string(),
    fc.domain(),
  );
  fc.assert(
    fc.property(fc.array(fc.array(word, { maxLength: 8 }), { maxLength: 20 }), lines => {
      const reader = new ZoneReader();
      for (const words of lines) {
        const found = reader.line(words.join(' '));
        if (found !== undefined && 'name' in found)
          assert.ok(found.name.length > 0 && found.name.length <= 253);
      }
    }),
  );
});

test('a set of names answers as a plain search would', () => {
  const label = fc.constantFrom('a', 'b', 'c', 'www');
  const name = fc.array(label, { minLength: 1, maxLength: 4 }).map(labels => labels.join('.'));
  const entry = fc.tuple(name, fc.constantFrom('exact', 'below', 'tree'));
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 30 }), name, (entries, asked) => {
      const set = new NameSet(Buffer.alloc(8));
      for (const [one, kind] of entries) set.add(one, kind, 1);
      const expected = entries.some(
        ([one, kind]) =>
          (asked === one && kind !== 'below') || (asked.endsWith(`.${one}`) && kind !== 'exact'),
      );
      assert.equal([...set.matches(asked)].length > 0, expected);
    }),
  );
});

test('a set grows without losing a name', () => {
  const set = new NameSet();
  for (let at = 0; at < 20_000; at++) assert.ok(set.add(`n${at}.test`, 'exact', 7));
  assert.equal(set.add('n5.test', 'exact', 8), false);
  for (let at = 0; at < 20_000; at += 97) assert.equal([...set.matches(`n${at}.test`)][0]?.mark, 7);
  assert.equal([...set.matches('n20000.test')].length, 0);
});

test('the cache holds to its bounds', () => {
  const cache = new AnswerCache({ entries: 10, bytes: 100_000 });
  const answer = {
    body: Buffer.alloc(20),
    ttls: [],
    rcode: 0,
    extendedRcode: 0,
    authentic: false,
    counts: [1, 0, 0],
    keep: 60,
  } as const;
  for (let at = 0; at < 50; at++) cache.keep(`k${at}`, answer, 0);
  assert.equal(cache.size, 10);
  assert.equal(cache.evicted, 40);
  assert.equal(cache.find('k49', 59_000)?.age, 59);
  assert.equal(cache.find('k49', 60_000), undefined);
  cache.clear();
  assert.equal(cache.bytes, 0);
});
