/** Compressed contents: gzip and zstd by Node, bzip2, xz and LZMA by libarchive. An archive inside is read in one go. */
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { Subject } from '../subject.ts';
import { archiveMembers, NotAnArchive } from './archive.ts';
import { bareStream } from './bare-stream.ts';
import { type Budget, BudgetSpent } from './budget.ts';
import type { Member } from './member.ts';

/** Name of the one content inside, which has none of its own. */
const inner = 'content';

/** Opener of gzip, bzip2, xz, LZMA, lzip and compress(1). */
export async function* compressedMembers(subject: Subject, budget: Budget): AsyncGenerator<Member> {
  try {
    // A compressed tar or cpio needs no memory for the whole of it this way.
    let holdsAnything = false;
    for await (const member of archiveMembers(subject, budget)) {
      holdsAnything ||= member.size > 0;
      yield member;
    }
    // What holds nothing may be a text that passes for a list of files (mtree): it is looked at itself.
    if (holdsAnything) return;
  } catch (error) {
    if (!(error instanceof NotAnArchive)) throw error;
  }
  if (subject.kind === 'gzip') yield* streamed(subject, budget, createGunzip());
  else yield* bareStream(subject, budget);
}

/** Opener of zstd. */
export async function* zstdMembers(subject: Subject, budget: Budget): AsyncGenerator<Member> {
  yield* streamed(subject, budget, createZstdDecompress());
}

async function* streamed(
  subject: Subject,
  budget: Budget,
  stream: ReturnType<typeof createGunzip> | ReturnType<typeof createZstdDecompress>,
): AsyncGenerator<Member> {
  const bytes = subject.bytes();
  const where = `${subject.name}!/${inner}`;
  budget.takeMember(where);
  const parts: Buffer[] = [];
  let kept = 0;
  let size = 0;
  let spent: BudgetSpent | undefined;
  stream.end(bytes);
  try {
    for await (const part of stream as AsyncIterable<Buffer>) {
      size += part.length;
      budget.takeBytes(part.length, where, bytes.length, size);
      const room = archiveRoom(budget) - kept;
      if (room <= 0) continue;
      parts.push(part.subarray(0, room));
      kept += Math.min(part.length, room);
    }
  } catch (error) {
    if (error instanceof BudgetSpent) spent = error;
    else {
      const words = error instanceof Error ? error.message : String(error);
      budget.note('damaged', where, {
        en: `damaged, not read to its end: ${words}`,
        zh: `已损坏，未能读完：${words}`,
      });
    }
  } finally {
    stream.destroy();
  }
  if (kept > 0)
    yield { name: inner, bytes: Buffer.concat(parts), size: spent === undefined ? size : size + 1 };
  if (spent !== undefined) throw spent;
}

/** A tar inside may be larger than what engines see of one content. */
function archiveRoom({ limits }: Budget): number {
  return Math.min(limits.unpackedBytes, 2 * limits.contentBytes);
}
