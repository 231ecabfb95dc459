/** The decoder takes any bytes: an error or records, never a crash or an endless walk. */
import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  capabilitiesOf,
  credentialsOf,
  dnsPayloadOf,
  execOf,
  exitOf,
  fileOf,
  forkOf,
  type KernelRecord,
  kindNames,
  memoryOf,
  nameOf,
  networkOf,
  RecordCursor,
  RecordError,
  records,
  resolveCallerPath,
  signalOf,
  tracingOf,
} from '../src/index.ts';

/** A well-formed record. */
function encode(kind: number, numbers: bigint[], sections: [tag: number, bytes: Uint8Array][]): Buffer {
  const header = Buffer.alloc(48 + 8 * numbers.length);
  header.writeUInt16LE(kind, 2);
  header.writeUInt32LE(77, 16);
  header.writeBigUInt64LE(123_456_789n, 24);
  header.writeUInt8(numbers.length, 40);
  header.writeUInt8(sections.length, 41);
  for (const [index, number] of numbers.entries()) header.writeBigUInt64LE(number, 48 + 8 * index);
  const parts = sections.map(([tag, bytes]) => {
    const part = Buffer.alloc(8 + Math.ceil(bytes.length / 8) * 8);
    part.writeUInt16LE(tag, 0);
    part.writeUInt16LE(bytes.length, 2);
    part.set(bytes, 8);
    return part;
  });
  const whole = Buffer.concat([header, ...parts]);
  whole.writeUInt16LE(whole.length, 0);
  return whole;
}

/** Asks a record for everything it could say. */
function readAll(record: KernelRecord): void {
  for (const details of [execOf(record), fileOf(record), record]) {
    const getters = Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(details)));
    for (const [name, { get }] of getters)
      if (get) void (details as unknown as Record<string, unknown>)[name];
  }
  for (const decode of [
    forkOf,
    exitOf,
    networkOf,
    memoryOf,
    credentialsOf,
    capabilitiesOf,
    signalOf,
    tracingOf,
    nameOf,
  ])
    decode(record);
  dnsPayloadOf(record);
}

const anyRecord = fc
  .tuple(
    fc.integer({ min: 1, max: kindNames.length - 1 }),
    fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { maxLength: 22 }),
    fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.uint8Array({ maxLength: 80 })), { maxLength: 12 }),
  )
  .map(([kind, numbers, sections]) => encode(kind, numbers, sections));

describe('batches', () => {
  it('give back the records that are in them', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 8 }), parts => {
        const found = [...records(Buffer.concat(parts))];
        assert.deepEqual(
          found.map(record => record.size),
          parts.map(part => part.length),
        );
        for (const record of found) readAll(record);
      }),
    );
  });

  it('torn or changed anywhere: an error that names the place, or other records', () => {
    fc.assert(
      fc.property(
        fc.array(anyRecord, { minLength: 1, maxLength: 4 }),
        fc.nat(),
        fc.nat(255),
        fc.nat(),
        (parts, place, value, cut) => {
          const bytes = Buffer.concat(parts);
          bytes[place % bytes.length] = value;
          readSafely(bytes.subarray(0, cut % (bytes.length + 1)));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), readSafely), { numRuns: 1000 });
  });

  it('an error stops the walk at its place', () => {
    const good = encode(1, [1n, 2n, 3n], []);
    const cursor = new RecordCursor(Buffer.concat([good, Buffer.alloc(48)]));
    assert.equal(cursor.next(), true);
    assert.throws(() => cursor.next(), { name: 'RecordError', offset: good.length });
    assert.equal(cursor.record.kind, 'process.fork');
  });
});

function readSafely(bytes: Uint8Array): void {
  try {
    for (const record of records(bytes)) readAll(record);
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
  }
}

describe('paths', () => {
  it('of callers are made absolute', () => {
    assert.equal(resolveCallerPath('', '/a/b', '../c/./d//e'), '/a/c/d/e');
    assert.equal(resolveCallerPath('', '/a', '/x/../../y'), '/y');
    assert.equal(resolveCallerPath('/jail', '/a', '/x'), '/jail/x');
    assert.equal(resolveCallerPath('/', '/a', '/x'), '/x');
  });

  it('of callers in a chroot stay in it, unless they start outside', () => {
    assert.equal(resolveCallerPath('/jail', '/jail/a', '../../../x'), '/jail/x');
    assert.equal(resolveCallerPath('/jail', '/jail', '..'), '/jail');
    assert.equal(resolveCallerPath('/jail', '/jail/a', '/../x/.'), '/jail/x');
    assert.equal(resolveCallerPath('/jail', '/jailer/a', '../x'), '/jailer/x');
  });

  it('folds any path as resolve(3) of its parts would', () => {
    const part = fc.constantFrom('a', 'b c', '.', '..', '...', '..x', '.y', '', 'ü');
    const path = fc.array(part, { maxLength: 8 }).map(parts => parts.join('/'));
    fc.assert(
      fc.property(path, path, (directory, written) => {
        assert.equal(
          resolveCallerPath('', `/${directory}`, written),
          posix.resolve(`/${directory}`, written),
        );
        assert.equal(resolveCallerPath('', undefined, `/${written}`), posix.resolve(`/${written}`));
        const jailed = posix.resolve(`/${directory}`, written);
        assert.equal(
          resolveCallerPath('/jail', posix.resolve(`/jail/${posix.resolve(`/${directory}`)}`), written),
          jailed === '/' ? '/jail' : `/jail${jailed}`,
        );
      }),
    );
  });

  it('that were walked are turned round', () => {
    const [record] = records(encode(13, [], [[1, Buffer.from('c\0b d\0a\0')]]));
    assert.equal(record && fileOf(record).path, '/a/b d/c');
    const [root] = records(encode(13, [], [[1, Buffer.alloc(0)]]));
    assert.equal(root && fileOf(root).path, '/');
  });
});
