/**
 * The outer archive of a container: a plain ustar file (POSIX.1-2024, pax, "ustar Interchange Format") in one exact form,
 * so that every byte of it is either hashed or known beforehand. Sizes from 8 GiB on are binary, as GNU tar writes them.
 */

/** Bytes of a header and of the unit that contents are filled up to. */
export const block = 512;

const octalLimit = 8 ** 11;

/** A member as its header names it. */
export interface OuterMember {
  readonly name: string;
  readonly bytes: number;
}

/** Names of members: one folder, plain letters. */
const namePattern = /^[a-z0-9][a-z0-9._/-]{0,98}$/;

/** The header of a member, 512 bytes. @throws RangeError for a name that the container does not use */
export function headerOf({ name, bytes }: OuterMember): Buffer {
  if (!namePattern.test(name)) throw new RangeError(`"${name}" is no name of a member`);
  const header = Buffer.alloc(block);
  const octal = (value: number, width: number, at: number) =>
    header.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1');
  header.write(name, 0, 'latin1');
  octal(0o400, 8, 100);
  octal(0, 8, 108);
  octal(0, 8, 116);
  if (bytes < octalLimit) octal(bytes, 12, 124);
  else {
    header[124] = 0x80;
    header.writeBigUInt64BE(BigInt(bytes), 128);
  }
  octal(0, 12, 136);
  header.write('0', 156, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** Reads a header; undefined when it is not exactly one that `headerOf` makes. */
export function parseHeader(header: Buffer): OuterMember | undefined {
  const end = header.indexOf(0);
  const name = header.toString('latin1', 0, end < 0 ? 0 : Math.min(end, 100));
  const bytes =
    header[124] === 0x80
      ? Number(header.readBigUInt64BE(128))
      : Number.parseInt(header.toString('latin1', 124, 135), 8);
  if (!Number.isSafeInteger(bytes) || bytes < 0 || !namePattern.test(name)) return undefined;
  const member = { name, bytes };
  return headerOf(member).equals(header) ? member : undefined;
}

/** Zeros that fill a content up. */
export function fillOf(bytes: number): number {
  return (block - (bytes % block)) % block;
}

/** What ends the archive. */
export const trailer = Buffer.alloc(2 * block);
