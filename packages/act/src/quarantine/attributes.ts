/** What belongs to a file besides its content, and giving it back. */
import { type BigIntStats, fstatSync } from 'node:fs';
import { readAttributes, setAttribute, setTimes } from '@redoubt/kernel';
import type { VaultCalls } from './calls.ts';

/** Everything of an inode that can be given back. Times are nanoseconds since the Unix epoch, in decimal. */
export interface FileAttributes {
  /** Permission bits with set-user-id and its kin, `st_mode & 07777`. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly accessed: string;
  readonly modified: string;
  /** Extended attributes, base64 by name; ACLs, capabilities and labels are among them. */
  readonly extended: Readonly<Record<string, string>>;
}

/** Reads the attributes of an open file. @throws Error of the system */
export function attributesOf(
  fd: number,
  stats: BigIntStats = fstatSync(fd, { bigint: true }),
): FileAttributes {
  const extended: Record<string, string> = {};
  for (const [name, value] of readAttributes(fd)) extended[name] = value.toString('base64');
  return {
    mode: Number(stats.mode & 0o7777n),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    accessed: String(stats.atimeNs),
    modified: String(stats.mtimeNs),
    extended,
  };
}

/**
 * Gives an open file the attributes. Owner first: changing it takes set-user-id and capabilities away again.
 * @throws Error of the system naming what could not be given
 */
export function giveAttributes(fd: number, attributes: FileAttributes, calls: VaultCalls): void {
  calls.fchownSync(fd, attributes.uid, attributes.gid);
  calls.fchmodSync(fd, attributes.mode);
  for (const [name, value] of Object.entries(attributes.extended))
    setAttribute(fd, name, new Uint8Array(Buffer.from(value, 'base64')));
  setTimes(fd, BigInt(attributes.accessed), BigInt(attributes.modified));
}
