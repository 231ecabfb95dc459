/**
 * Writes EVTX files for tests, by the published facts of the format ([MS-EVEN6] and the public descriptions of
 * the file): the same template mechanism, name tables and checksums that Windows uses.
 */
import { crc32 } from 'node:zlib';

/** An event to write. */
export interface TestEvent {
  readonly provider: string;
  readonly eventId: number;
  readonly channel: string;
  readonly computer: string;
  readonly time: Date;
  readonly level?: number;
  /** EventData: a number is written as UInt32, text as a string, bytes as binary. */
  readonly data: Readonly<Record<string, string | number | Buffer>>;
}

const chunkSize = 65536;
const epochDifference = 116_444_736_000_000_000n;

function filetime(time: Date): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(time.getTime()) * 10_000n + epochDifference);
  return bytes;
}

const u16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
};
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

/** Hash of a name: the low 16 bits of h = h * 65599 + c. */
function nameHash(name: string): number {
  let hash = 0;
  for (const character of name) hash = (Math.imul(hash, 65599) + character.charCodeAt(0)) >>> 0;
  return hash & 0xffff;
}

/** A value for a hole of a template: its type and bytes. */
interface Value {
  readonly type: number;
  readonly bytes: Buffer;
}

function typedValue(value: string | number | Buffer): Value {
  if (typeof value === 'number') return { type: 0x08, bytes: u32(value) };
  if (typeof value === 'string') return { type: 0x01, bytes: Buffer.from(value, 'utf16le') };
  return { type: 0x0e, bytes: value };
}

type Content = string | { hole: number; type: number };
interface Tree {
  readonly name: string;
  readonly attributes?: readonly (readonly [string, Content])[];
  readonly children?: readonly (Tree | Content)[];
}

/** The tree of an event with named data, and the values that fill its holes. */
function eventTree(event: TestEvent, record: number): { tree: Tree; values: Value[]; shape: string } {
  const values: Value[] = [];
  const hole = (value: Value): Content => {
    values.push(value);
    return { hole: values.length - 1, type: value.type };
  };
  const recordId = Buffer.alloc(8);
  recordId.writeBigUInt64LE(BigInt(record));
  const data = Object.entries(event.data).map(
    ([name, value]): Tree => ({
      name: 'Data',
      attributes: [['Name', name]],
      children: [hole(typedValue(value))],
    }),
  );
  const tree: Tree = {
    name: 'Event',
    attributes: [['xmlns', 'http://schemas.microsoft.com/win/2004/08/events/event']],
    children: [
      {
        name: 'System',
        children: [
          { name: 'Provider', attributes: [['Name', hole(typedValue(event.provider))]] },
          { name: 'EventID', children: [hole({ type: 0x06, bytes: u16(event.eventId) })] },
          { name: 'Level', children: [hole({ type: 0x04, bytes: Buffer.of(event.level ?? 0) })] },
          {
            name: 'TimeCreated',
            attributes: [['SystemTime', hole({ type: 0x11, bytes: filetime(event.time) })]],
          },
          { name: 'EventRecordID', children: [hole({ type: 0x0a, bytes: recordId })] },
          { name: 'Channel', children: [hole(typedValue(event.channel))] },
          { name: 'Computer', children: [hole(typedValue(event.computer))] },
        ],
      },
      { name: 'EventData', children: data },
    ],
  };
  return { tree, values, shape: JSON.stringify(tree) };
}

/** One chunk being written. */
class ChunkWriter {
  readonly #bytes = Buffer.alloc(chunkSize);
  readonly #names = new Map<string, number>();
  readonly #templates = new Map<string, number>();
  #at = 512;
  #last = 0;
  #first: number | undefined;
  #lastRecord = 0;

  /** Adds an event; false when it does not fit. */
  add(event: TestEvent, record: number): boolean {
    const names = new Map(this.#names);
    const templates = new Map(this.#templates);
    const start = this.#at;
    const { tree, values, shape } = eventTree(event, record);
    const parts: Buffer[] = [];
    let position = start + 24;
    const put = (bytes: Buffer): void => {
      parts.push(bytes);
      position += bytes.length;
    };
    put(Buffer.of(0x0f, 1, 1, 0));
    const known = templates.get(shape);
    const definition = known ?? position + 10;
    put(Buffer.concat([Buffer.of(0x0c, 1), u32(templates.size + 1), u32(definition)]));
    if (known === undefined) {
      templates.set(shape, definition);
      const body = Buffer.concat([
        Buffer.of(0x0f, 1, 1, 0),
        elementBytes(tree, position + 24 + 4, names),
        Buffer.of(0x00),
      ]);
      put(Buffer.concat([u32(0), u32(templates.size), Buffer.alloc(12), u32(body.length), body]));
    }
    put(u32(values.length));
    for (const value of values) put(Buffer.concat([u16(value.bytes.length), Buffer.of(value.type, 0)]));
    for (const value of values) put(value.bytes);
    put(Buffer.of(0x00));
    const unpadded = position - start + 4;
    const size = Math.ceil(unpadded / 8) * 8;
    if (start + size > chunkSize) return false;
    const record64 = Buffer.alloc(8);
    record64.writeBigUInt64LE(BigInt(record));
    const whole = Buffer.concat([
      u32(0x2a2a),
      u32(size),
      record64,
      filetime(event.time),
      ...parts,
      Buffer.alloc(size - unpadded),
      u32(size),
    ]);
    whole.copy(this.#bytes, start);
    this.#at += size;
    this.#last = start;
    this.#first ??= record;
    this.#lastRecord = record;
    for (const [name, offset] of names) this.#names.set(name, offset);
    for (const [key, offset] of templates) this.#templates.set(key, offset);
    return true;
  }

  finish(): Buffer {
    const bytes = this.#bytes;
    bytes.write('ElfChnk\0', 0, 'latin1');
    const first = BigInt(this.#first ?? 1);
    const last = BigInt(this.#lastRecord);
    bytes.writeBigUInt64LE(first, 8);
    bytes.writeBigUInt64LE(last, 16);
    bytes.writeBigUInt64LE(first, 24);
    bytes.writeBigUInt64LE(last, 32);
    bytes.writeUInt32LE(128, 40);
    bytes.writeUInt32LE(this.#last, 44);
    bytes.writeUInt32LE(this.#at, 48);
    for (const [name, offset] of this.#names) this.#chain(128 + (nameHash(name) % 64) * 4, offset);
    for (const offset of this.#templates.values()) {
      this.#chain(384 + (bytes.readUInt32LE(offset + 4) % 32) * 4, offset);
    }
    bytes.writeUInt32LE(crc32(bytes.subarray(512, this.#at)), 52);
    bytes.writeUInt32LE(crc32(bytes.subarray(128, 512), crc32(bytes.subarray(0, 120))), 124);
    return bytes;
  }

  /** Puts an entry at the head of a bucket's list; the first word of an entry points to the next. */
  #chain(bucket: number, offset: number): void {
    this.#bytes.writeUInt32LE(this.#bytes.readUInt32LE(bucket), offset);
    this.#bytes.writeUInt32LE(offset, bucket);
  }
}

/** Bytes of an element of a template that begin at `at` in the chunk. */
function elementBytes(tree: Tree, at: number, names: Map<string, number>): Buffer {
  const attributes = tree.attributes ?? [];
  const children = tree.children ?? [];
  let position = at + 1 + 2 + 4;
  const name = nameBytes(tree.name, position, names);
  position += name.length;
  const attributeParts: Buffer[] = [];
  if (attributes.length > 0) {
    position += 4;
    for (const [index, [key, content]] of attributes.entries()) {
      const token = Buffer.of(index < attributes.length - 1 ? 0x46 : 0x06);
      const keyBytes = nameBytes(key, position + 1, names);
      const whole = Buffer.concat([token, keyBytes, contentBytes(content)]);
      attributeParts.push(whole);
      position += whole.length;
    }
  }
  const list = Buffer.concat(attributeParts);
  position += 1;
  const childParts: Buffer[] = [];
  for (const child of children) {
    const bytes =
      typeof child === 'object' && 'name' in child
        ? elementBytes(child, position, names)
        : contentBytes(child);
    childParts.push(bytes);
    position += bytes.length;
  }
  const rest = Buffer.concat([
    name,
    ...(attributes.length > 0 ? [u32(list.length), list] : []),
    ...(children.length > 0 ? [Buffer.of(0x02), ...childParts, Buffer.of(0x04)] : [Buffer.of(0x03)]),
  ]);
  return Buffer.concat([Buffer.of(attributes.length > 0 ? 0x41 : 0x01), u16(0xffff), u32(rest.length), rest]);
}

function contentBytes(content: Content): Buffer {
  if (typeof content === 'string') {
    return Buffer.concat([Buffer.of(0x05, 0x01), u16(content.length), Buffer.from(content, 'utf16le')]);
  }
  return Buffer.concat([Buffer.of(0x0d), u16(content.hole), Buffer.of(content.type)]);
}

/** A name: its offset, and on first use the name itself directly behind. */
function nameBytes(name: string, at: number, names: Map<string, number>): Buffer {
  const known = names.get(name);
  if (known !== undefined) return u32(known);
  names.set(name, at + 4);
  return Buffer.concat([
    u32(at + 4),
    u32(0),
    u16(nameHash(name)),
    u16(name.length),
    Buffer.from(name, 'utf16le'),
    u16(0),
  ]);
}

/** A whole EVTX file with the events in order. */
export function writeEvtx(events: readonly TestEvent[]): Buffer {
  const chunks: Buffer[] = [];
  let chunk = new ChunkWriter();
  for (const [index, event] of events.entries()) {
    if (chunk.add(event, index + 1)) continue;
    chunks.push(chunk.finish());
    chunk = new ChunkWriter();
    if (!chunk.add(event, index + 1)) throw new Error(`event ${index} does not fit into a chunk`);
  }
  chunks.push(chunk.finish());
  const header = Buffer.alloc(4096);
  header.write('ElfFile\0', 0, 'latin1');
  header.writeBigUInt64LE(0n, 8);
  header.writeBigUInt64LE(BigInt(chunks.length - 1), 16);
  header.writeBigUInt64LE(BigInt(events.length + 1), 24);
  header.writeUInt32LE(128, 32);
  header.writeUInt16LE(1, 36);
  header.writeUInt16LE(3, 38);
  header.writeUInt16LE(4096, 40);
  header.writeUInt16LE(chunks.length, 42);
  header.writeUInt32LE(crc32(header.subarray(0, 120)), 124);
  return Buffer.concat([header, ...chunks]);
}
