/** What a program contains, in one pass over an open file. */
import { createHash } from 'node:crypto';
import { read } from 'node:fs';
import { promisify } from 'node:util';

const readAsync = promisify(read);
const pieceSize = 1 << 20;

/** Digests of a content, lower-case hexadecimal: SHA-256 for catalogs and rules, MD5 as dpkg records it. */
export interface ProgramDigests {
  readonly sha256: string;
  readonly md5: string;
}

/** Reads a descriptor from its begin, without moving its position. @throws the system's error */
export async function digestsOf(fd: number): Promise<ProgramDigests> {
  const sha256 = createHash('sha256');
  const md5 = createHash('md5');
  const buffer = Buffer.allocUnsafe(pieceSize);
  for (let at = 0; ; ) {
    const { bytesRead } = await readAsync(fd, buffer, 0, pieceSize, at);
    if (bytesRead === 0) break;
    const piece = buffer.subarray(0, bytesRead);
    sha256.update(piece);
    md5.update(piece);
    at += bytesRead;
  }
  return { sha256: sha256.digest('hex'), md5: md5.digest('hex') };
}
