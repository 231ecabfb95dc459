/** The files of accounts: passwd(5), shadow(5), authorized_keys (sshd(8)). */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readSmallFile } from '@redoubt/store/durable';
import { refused } from '../action.ts';

const sizeLimit = 64 * 1024 * 1024;

/** An account of passwd(5). */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** What shadow(5) says about logging in. */
export interface ShadowEntry {
  readonly password: string;
  /** Days since 1970; empty: never. */
  readonly expires: string;
}

/** Names that useradd(8) of Debian takes. */
export const accountPattern = /^[a-z_][a-z0-9_.-]{0,31}\$?$/i;

/** An account. @param prefix folder that stands for / @throws ActionError `refused` when there is none */
export function accountOf(name: string, prefix: string): Account {
  const fields = lineOf(join(prefix, '/etc/passwd'), name);
  if (fields === undefined)
    throw refused(`there is no account ${name} in /etc/passwd`, `/etc/passwd 中没有账户 ${name}`);
  return { name, uid: Number(fields[2]), gid: Number(fields[3]), home: fields[5] ?? '' };
}

/** The shadow entry. @throws ActionError `refused` when there is none */
export function shadowOf(name: string, prefix: string): ShadowEntry {
  const fields = lineOf(join(prefix, '/etc/shadow'), name);
  if (fields === undefined)
    throw refused(`there is no account ${name} in /etc/shadow`, `/etc/shadow 中没有账户 ${name}`);
  return { password: fields[1] ?? '', expires: fields[7] ?? '' };
}

/** The fields of an entry of a file whose first field is the name. */
function lineOf(path: string, name: string): string[] | undefined {
  const lines = (readSmallFile(path, sizeLimit) ?? '').split('\n');
  return lines.map(line => line.split(':')).find(([first]) => first === name);
}

/**
 * The fingerprint of a line of authorized_keys as ssh-keygen(1) prints it, `SHA256:…`.
 * @returns undefined for comments, empty lines, and what is no key
 */
export function fingerprintOf(line: string): string | undefined {
  if (line.trim() === '' || line.trimStart().startsWith('#')) return undefined;
  // Options may stand in front, and may hold spaces in quotes; the key is the word behind its type.
  const [, key] =
    /(?:^|\s)(?:sk-)?(?:ssh|ecdsa|rsa|webauthn)-[\w@.-]+\s+([A-Za-z0-9+/]{16,}={0,2})(?:\s|$)/.exec(line) ??
    [];
  if (key === undefined) return undefined;
  const digest = createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64');
  return `SHA256:${digest.replace(/=+$/, '')}`;
}
