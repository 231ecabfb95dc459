/** OLE documents: their streams, and the source of macros in clear. */
import type { Subject } from '../subject.ts';
import type { Budget } from './budget.ts';
import { cfbStreams } from './cfb.ts';
import type { Member } from './member.ts';
import { vbaSource } from './vba.ts';

const mostSource = 4 * 2 ** 20;

/** Opener of OLE documents, also of the `vbaProject.bin` of OOXML. */
export function* oleMembers(subject: Subject, budget: Budget): Generator<Member> {
  const bytes = subject.bytes();
  let streams: ReturnType<typeof cfbStreams>;
  try {
    streams = cfbStreams(bytes);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    budget.note('damaged', subject.name, {
      en: `not a whole compound file: ${words}`,
      zh: `复合文件不完整：${words}`,
    });
    return;
  }
  let unpacked = 0;
  for (const { name, bytes: stream } of streams) {
    const where = `${subject.name}!/${name}`;
    budget.takeMember(where);
    if (name === 'EncryptedPackage' || name.endsWith('/EncryptedPackage')) {
      budget.note('encrypted', where, {
        en: 'an encrypted document: nobody can look into it without the password',
        zh: '加密文档：没有口令无法检查其内容',
      });
    }
    if (stream.length === 0) continue;
    unpacked += stream.length;
    budget.takeBytes(stream.length, where, bytes.length, unpacked);
    yield { name, bytes: stream, size: stream.length };
    const source = vbaSource(stream, mostSource);
    if (source === undefined) continue;
    unpacked += source.length;
    budget.takeBytes(source.length, where, bytes.length, unpacked);
    yield { name: `${name}.vba`, bytes: source, size: source.length };
  }
}
