/** RPM packages: the payload behind lead, signature and header (https://rpm.org, "Package format version 3"). */
import type { Subject } from '../subject.ts';
import type { Budget } from './budget.ts';
import type { Member } from './member.ts';

const leadBytes = 96;
const headerMagic = 0x8eade801;
const preambleBytes = 16;

/** Opener of RPM packages: gives the compressed payload, a cpio archive inside it. */
export function* rpmMembers(subject: Subject, budget: Budget): Generator<Member> {
  const bytes = subject.bytes();
  const signatureEnd = headerEnd(bytes, leadBytes);
  const start = signatureEnd === undefined ? undefined : headerEnd(bytes, Math.ceil(signatureEnd / 8) * 8);
  if (start === undefined || start >= bytes.length) {
    budget.note('damaged', subject.name, { en: 'its RPM headers are damaged', zh: 'RPM 头部已损坏' });
    return;
  }
  const where = `${subject.name}!/payload`;
  budget.takeMember(where);
  budget.takeBytes(bytes.length - start, where, bytes.length, bytes.length - start);
  yield { name: 'payload', bytes: bytes.subarray(start), size: bytes.length - start };
}

/** Where the header structure at `at` ends; undefined when there is none. */
function headerEnd(bytes: Buffer, at: number): number | undefined {
  if (at + preambleBytes > bytes.length || bytes.readUInt32BE(at) !== headerMagic) return undefined;
  return at + preambleBytes + bytes.readUInt32BE(at + 8) * 16 + bytes.readUInt32BE(at + 12);
}
