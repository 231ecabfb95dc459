/** A synthetic log of sshd: addresses of documentation networks (RFC 5737, RFC 3849), the same at each run. */
import { closeSync, openSync, writeSync } from 'node:fs';

const begin = Date.UTC(2026, 2, 1);
const names = ['root', 'admin', 'test', 'oracle', 'git', 'ubuntu'];

/** Writes a log of so many lines: guessers, people who err now and then, and what sshd says beside that. */
export function writeSshdLog(path: string, lines: number): void {
  const file = openSync(path, 'w');
  let random = 1;
  // The generator of Park and Miller: the log is the same everywhere.
  const next = (below: number): number => {
    random = (random * 48_271) % 2_147_483_647;
    return random % below;
  };
  let held: string[] = [];
  for (let at = 0; at < lines; at++) {
    const time = new Date(begin + at * 100).toISOString().replace('Z', '+00:00');
    const kind = next(10);
    held.push(`${time} host sshd[${at}]: ${messageOf(kind, at, lines, next)}\n`);
    if (held.length < 10_000 && at < lines - 1) continue;
    writeSync(file, held.join(''));
    held = [];
  }
  closeSync(file);
}

function messageOf(kind: number, at: number, lines: number, next: (below: number) => number): string {
  const port = 1024 + next(60_000);
  if (kind < 6) {
    // A few guessers at a time, each for a while.
    const guesser = Math.floor((at / lines) * 250) + next(8);
    const name = names[next(names.length)] ?? 'root';
    const invalid = name === 'root' ? '' : 'invalid user ';
    return `Failed password for ${invalid}${name} from ${guesserOf(guesser)} port ${port} ssh2`;
  }
  if (kind === 6)
    return `Accepted publickey for ann from 192.0.2.${1 + next(50)} port ${port} ssh2: ED25519 SHA256:AAAA`;
  // Somebody who errs once in a long while.
  if (kind === 7 && at % 97 === 0)
    return `Failed password for bob from 203.0.113.${1 + (at % 254)} port ${port} ssh2`;
  if (kind === 8) return `pam_unix(sshd:session): session opened for user ann(uid=1000) by (uid=0)`;
  return `Received disconnect from 192.0.2.${1 + next(50)} port ${port}:11: disconnected by user`;
}

function guesserOf(number: number): string {
  return number % 5 === 4 ? `2001:db8:0:${number.toString(16)}::1` : `198.51.100.${number % 255}`;
}
