/**
 * Bare streams of bzip2, xz and LZMA. libarchive unpacks them only as members of an archive, so the stream is handed
 * to it as the one member of a zip. Length and checksum of the content are not known beforehand: libarchive
 * complains of each at the end, keeps the last block to itself, and names the right value; with both right it gives all.
 */
import type { Subject } from '../subject.ts';
import { chunkBytes, noteDamaged, release } from './archive.ts';
import { type Budget, BudgetSpent } from './budget.ts';
import { archiveLibrary } from './library.ts';
import type { Member } from './member.ts';

const name = 'content';
/** Methods of zip (APPNOTE.TXT 4.4.5) whose data are whole streams of these kinds. */
const zipMethods: Readonly<Record<string, number>> = { bzip2: 12, lzma: 14, xz: 95 };
/** A length that no content here has. */
const unknownLength = 0xfffffff0;

/** What a zip says of its member. */
interface Facts {
  readonly checksum: number;
  readonly length: number;
}

interface Pass {
  readonly parts: readonly Buffer[];
  readonly size: number;
  /** What libarchive said in the end; undefined when all was well. */
  readonly complaint?: string;
  readonly spent?: BudgetSpent;
}

/** Gives the one content of a stream. @throws BudgetSpent */
export async function* bareStream(subject: Subject, budget: Budget): AsyncGenerator<Member> {
  const method = zipMethods[subject.kind];
  const where = `${subject.name}!/${name}`;
  if (method === undefined) {
    noteDamaged(budget, where, subject.kind);
    return;
  }
  budget.takeMember(where);
  const stream = subject.kind === 'lzma' ? zipLzma(subject.bytes()) : subject.bytes();
  let facts: Facts = { checksum: 0, length: unknownLength };
  let pass = await unpack(zipAround(stream, method, facts), where, budget);
  for (let more = 0; more < 2 && pass.complaint !== undefined; more += 1) {
    const next = corrected(facts, pass.complaint);
    if (next === undefined) break;
    facts = next;
    pass = await unpack(zipAround(stream, method, facts), where, budget);
  }
  if (pass.complaint !== undefined) noteDamaged(budget, where, pass.complaint);
  const bytes = Buffer.concat(pass.parts).subarray(0, budget.limits.contentBytes);
  if (bytes.length > 0) yield { name, bytes, size: pass.spent === undefined ? pass.size : pass.size + 1 };
  if (pass.spent !== undefined) throw pass.spent;
}

function corrected(facts: Facts, complaint: string): Facts | undefined {
  const checksum = /bad CRC: 0x([0-9a-f]+)/.exec(complaint)?.[1];
  if (checksum !== undefined) return { ...facts, checksum: Number.parseInt(checksum, 16) };
  const length = /wrong size \(read (\d+)/.exec(complaint)?.[1];
  return length === undefined ? undefined : { ...facts, length: Number(length) % 2 ** 32 };
}

async function unpack(zip: Buffer, where: string, budget: Budget): Promise<Pass> {
  const library = await archiveLibrary();
  const { module } = library;
  const input = module._malloc(zip.length);
  const chunk = module._malloc(chunkBytes);
  if (input === 0 || chunk === 0) throw new Error('libarchive has no memory for the stream');
  module.HEAP8.set(zip, input);
  const archive = library.read_new();
  const parts: Buffer[] = [];
  let size = 0;
  try {
    library.read_support_filter_all(archive);
    library.read_support_format_all(archive);
    library.read_open_memory(archive, input, zip.length);
    library.read_next_entry(archive);
    for (;;) {
      const count = library.read_data(archive, chunk, chunkBytes);
      if (count === 0) return { parts, size };
      size += count;
      if (size <= budget.limits.contentBytes + chunkBytes)
        parts.push(Buffer.from(module.HEAP8.slice(chunk, chunk + count).buffer));
      budget.takeBytes(count, where, zip.length, size);
    }
  } catch (error) {
    if (error instanceof BudgetSpent) return { parts, size, spent: error };
    return { parts, size, complaint: error instanceof Error ? error.message : String(error) };
  } finally {
    release(library, archive, input, chunk);
  }
}

/** From the header of .lzma (properties, dictionary, 8 bytes of length) to that of zip (version, length, properties). */
function zipLzma(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([9, 20, 5, 0]), bytes.subarray(0, 5), bytes.subarray(13)]);
}

/** A zip with one member (APPNOTE.TXT 4.3). */
function zipAround(stream: Buffer, method: number, { checksum, length }: Facts): Buffer {
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(63, 4);
  local.writeUInt16LE(method, 8);
  local.writeUInt32LE(checksum, 14);
  local.writeUInt32LE(stream.length, 18);
  local.writeUInt32LE(length, 22);
  local.writeUInt16LE(name.length, 26);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(63, 4);
  local.copy(central, 6, 4, 30);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length + name.length, 12);
  end.writeUInt32LE(local.length + name.length + stream.length, 16);
  return Buffer.concat([local, Buffer.from(name), stream, central, Buffer.from(name), end]);
}
