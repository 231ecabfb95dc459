/** Who is and was logged in: the files of utmp(5), and systemd's sessions. */
import type { EvidenceStep } from '../step.ts';
import { bytesOf, keepFiles, namesIn } from './read.ts';

const files = ['/run/utmp', '/var/log/wtmp', '/var/log/btmp', '/var/log/lastlog'];

/** Kinds of entries in utmp.h. */
const kinds = ['empty', 'run level', 'boot', 'new time', 'old time', 'init', 'login', 'user', 'dead'];

/** Bytes of struct utmp on 64-bit Linux (bits/utmp.h). */
const entryBytes = 384;

/** Entries of a utmp file. */
export function* utmpEntries(bytes: Buffer): Generator<Record<string, unknown>> {
  for (let at = 0; at + entryBytes <= bytes.length; at += entryBytes) {
    const text = (offset: number, length: number) => {
      const part = bytes.subarray(at + offset, at + offset + length);
      const end = part.indexOf(0);
      return part.toString('utf8', 0, end < 0 ? length : end);
    };
    const kind = bytes.readInt16LE(at);
    if (kind === 0) continue;
    const address = bytes.subarray(at + 348, at + 364);
    yield {
      kind: kinds[kind] ?? String(kind),
      pid: bytes.readInt32LE(at + 4),
      line: text(8, 32),
      user: text(44, 32),
      host: text(76, 256),
      time: bytes.readUInt32LE(at + 340) * 1000,
      address: address.subarray(4).every(byte => byte === 0)
        ? Array.from(address.subarray(0, 4)).join('.')
        : address.toString('hex'),
    };
  }
}

export const usersStep: EvidenceStep = {
  id: 'users',
  title: { en: 'logged-in users and past sessions', zh: '已登录用户与历史会话' },
  estimate: async () => ({ members: files.length }),
  collect: async ({ sink }) => {
    for (const path of files) if (bytesOf(path) !== undefined) await sink.file(path, path);
    for (const path of files.slice(0, 3)) {
      const bytes = bytesOf(path);
      if (bytes !== undefined) await sink.lines(`${path.split('/').pop()}`, utmpEntries(bytes));
    }
    await keepFiles(
      sink,
      namesIn('/run/systemd/sessions')
        .filter(name => !name.endsWith('.ref'))
        .map(name => `/run/systemd/sessions/${name}`),
    );
    await keepFiles(sink, ['/etc/passwd', '/etc/group']);
  },
};
