/** Archives that libarchive reads: zip, tar, 7z, rar, cpio, cab, ar (deb), ISO 9660 and others, also compressed. */
import type { Subject } from '../subject.ts';
import { type Budget, BudgetSpent } from './budget.ts';
import { type ArchiveLibrary, archiveLibrary, forgetArchiveLibrary } from './library.ts';
import type { Member } from './member.ts';
import { leadsOut, linkLeadsOut } from './names.ts';

/** Bytes that are asked of libarchive at a time. */
export const chunkBytes = 128 * 1_024;
/** `AE_IFMT` values of libarchive, which are those of `stat(2)`. */
const fileType = { regular: 0o100000, folder: 0o040000, link: 0o120000 } as const;
const aboutEncryption = /encrypt|passphrase/i;
/** libarchive takes many a text for a list of files (mtree), and complains of its lines. */
const aboutLists = /mtree|can't parse line/i;

/** Thrown when libarchive does not know the bytes as an archive of any kind. */
export class NotAnArchive extends Error {
  override readonly name = 'NotAnArchive';
}

/** Opener of archives. @throws NotAnArchive */
export async function* archiveMembers(subject: Subject, budget: Budget): AsyncGenerator<Member> {
  const library = await archiveLibrary();
  const bytes = subject.bytes();
  const { module } = library;
  const input = module._malloc(bytes.length);
  const chunk = module._malloc(chunkBytes);
  if (input === 0 || chunk === 0) throw new Error('libarchive has no memory for the archive');
  const archive = library.read_new();
  try {
    module.HEAP8.set(bytes, input);
    library.read_support_filter_all(archive);
    library.read_support_format_all(archive);
    yield* entries({ library, archive, chunk, subject, budget, packed: bytes.length, input, unpacked: 0 });
  } catch (error) {
    if (isTrap(error)) forgetArchiveLibrary();
    throw error;
  } finally {
    release(library, archive, input, chunk);
  }
}

interface Reading {
  readonly library: ArchiveLibrary;
  readonly archive: number;
  readonly chunk: number;
  readonly input: number;
  readonly subject: Subject;
  readonly budget: Budget;
  readonly packed: number;
  /** Bytes that have come out of this archive. */
  unpacked: number;
  /** The limit that ended the reading of the last member. */
  spent?: BudgetSpent;
}

function* entries(reading: Reading): Generator<Member> {
  const { library, archive, subject, budget, input, packed } = reading;
  try {
    library.read_open_memory(archive, input, packed);
  } catch (error) {
    throw new NotAnArchive(error instanceof Error ? error.message : String(error));
  }
  for (let index = 0; ; index += 1) {
    const entry = library.read_next_entry(archive);
    if (entry === 0) return ended(reading, index);
    const name = library.entry_pathname(entry) ?? `${index + 1}`;
    const where = `${subject.name}!/${name}`;
    budget.takeMember(where);
    if (isOpenable(reading, entry, name, where)) {
      const member = contentOf(reading, name, where);
      if (member !== undefined) yield member;
      // Only now: what was read before the limit has been looked at. To go on would unpack the rest all the same.
      if (reading.spent !== undefined) throw reading.spent;
    }
  }
}

/** An archive ends with its last member, or where it is broken. @throws NotAnArchive when nothing was in it */
function ended({ library, archive, subject, budget, unpacked }: Reading, members: number): void {
  const words = library.error_string(archive);
  if (words === '' || words === null) return;
  if (aboutEncryption.test(words)) noteEncrypted(budget, subject.name);
  else if (members === 0 && /unrecognized/i.test(words)) throw new NotAnArchive(words);
  else if (unpacked === 0 && aboutLists.test(words)) throw new NotAnArchive(words);
  else noteDamaged(budget, subject.name, words);
}

/** Whether there is a content to read; says what else it is. */
function isOpenable({ library, budget }: Reading, entry: number, name: string, where: string): boolean {
  const type = library.entry_filetype(entry);
  if (leadsOut(name)) {
    budget.note('unsafe-name', where, {
      en: 'its name leads out of the folder that it would be unpacked into',
      zh: '其名称指向解包目录之外',
    });
  }
  const target = library.entry_symlink(entry) ?? '';
  if (type === fileType.link) {
    if (linkLeadsOut(name, target)) {
      budget.note('not-a-file', where, {
        en: 'a link that leads out of the archive; it was not followed',
        zh: '指向归档之外的链接，未跟随',
      });
    }
    return false;
  }
  if (type === fileType.folder) return false;
  if ((library.entry_hardlink(entry) ?? '') !== '') return false;
  if (type !== fileType.regular && type !== 0) {
    budget.note('not-a-file', where, {
      en: 'a device, pipe or socket; it has no content',
      zh: '设备、管道或套接字，没有内容',
    });
    return false;
  }
  if (library.entry_is_encrypted(entry) !== 0) {
    noteEncrypted(budget, where);
    return false;
  }
  return true;
}

/** Reads one member: as much as engines see, and goes on to its end within the limits. */
function contentOf(reading: Reading, name: string, where: string): Member | undefined {
  const { library, archive, chunk, budget, packed } = reading;
  const parts: Buffer[] = [];
  let kept = 0;
  let size = 0;
  try {
    for (;;) {
      const count = library.read_data(archive, chunk, chunkBytes);
      if (count === 0) break;
      size += count;
      reading.unpacked += count;
      budget.takeBytes(count, where, packed, reading.unpacked);
      const room = budget.limits.contentBytes - kept;
      if (room <= 0) continue;
      const part = Buffer.from(library.module.HEAP8.slice(chunk, chunk + Math.min(count, room)).buffer);
      parts.push(part);
      kept += part.length;
    }
  } catch (error) {
    // What has been read of it is still looked at: a bomb may carry something.
    if (error instanceof BudgetSpent) {
      if (kept === 0) throw error;
      reading.spent = error;
      return { name, bytes: Buffer.concat(parts), size: size + 1 };
    }
    if (isTrap(error)) throw error;
    const words = error instanceof Error ? error.message : String(error);
    if (aboutEncryption.test(words)) noteEncrypted(budget, where);
    else noteDamaged(budget, where, words);
    if (kept === 0) return undefined;
  }
  const [only] = parts;
  return { name, bytes: parts.length === 1 && only !== undefined ? only : Buffer.concat(parts), size };
}

/** Whether the WebAssembly instance ran into a wall; its memory cannot be trusted then. */
function isTrap(error: unknown): boolean {
  return error instanceof Error && error.name === 'RuntimeError';
}

function noteEncrypted(budget: Budget, where: string): void {
  budget.note('encrypted', where, {
    en: 'encrypted: nobody can look into it without the password',
    zh: '已加密：没有口令无法检查其内容',
  });
}

/** Notes that a content could not be read to its end. */
export function noteDamaged(budget: Budget, where: string, words: string): void {
  budget.note('damaged', where, {
    en: `damaged or of an unknown method, not read to its end: ${words}`,
    zh: `已损坏或使用未知方法，未能读完：${words}`,
  });
}

/** Frees what an archive held in the library's memory. */
export function release(library: ArchiveLibrary, archive: number, input: number, chunk: number): void {
  try {
    library.read_free(archive);
    library.module._free(input);
    library.module._free(chunk);
  } catch {
    forgetArchiveLibrary();
  }
}
