/**
 * Reads the files of a zip or a tar archive from untrusted hands, within limits. Names are only looked at, never
 * used as paths: who calls decides where anything is written.
 * Formats: PKWARE APPNOTE 6.3 (zip), POSIX.1-2001 ustar and pax, GNU long names (tar).
 */
import { gunzipSync, inflateRawSync } from 'node:zlib';

/** Limits of an archive. */
export interface ArchiveLimits {
  readonly files: number;
  /** Of one file, and of all together, unpacked. */
  readonly fileBytes: number;
  readonly totalBytes: number;
}

/** A file of an archive. */
export interface ArchiveFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Why an archive was refused. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
}

/** The files of an archive that are wanted by their names. @throws ArchiveError */
export function readArchive(
  bytes: Buffer,
  wanted: (name: string) => boolean,
  limits: ArchiveLimits,
): ArchiveFile[] {
  const budget = new Budget(limits);
  try {
    if (bytes.length >= 4 && bytes.readUInt32LE(0) === 0x04034b50) return readZip(bytes, wanted, budget);
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
      return readTar(gunzipSync(bytes, { maxOutputLength: limits.totalBytes }), wanted, budget);
    }
    return readTar(bytes, wanted, budget);
  } catch (error) {
    if (error instanceof ArchiveError) throw error;
    throw new ArchiveError(
      `the archive is damaged: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

class Budget {
  readonly #limits: ArchiveLimits;
  #files = 0;
  #bytes = 0;

  constructor(limits: ArchiveLimits) {
    this.#limits = limits;
  }

  /** Most bytes that the next file may have. */
  get room(): number {
    return Math.min(this.#limits.fileBytes, this.#limits.totalBytes - this.#bytes);
  }

  entry(): void {
    this.#files += 1;
    if (this.#files > this.#limits.files) {
      throw new ArchiveError(`the archive has more than ${this.#limits.files} entries`);
    }
  }

  take(name: string, size: number): void {
    if (size > this.room)
      throw new ArchiveError(`"${name}" is larger than what is still allowed, ${this.room} bytes`);
    this.#bytes += size;
  }
}

const endOfDirectory = 0x06054b50;
const directoryEntry = 0x02014b50;

function readZip(bytes: Buffer, wanted: (name: string) => boolean, budget: Budget): ArchiveFile[] {
  const signature = Buffer.of(0x50, 0x4b, 5, 6);
  const end = bytes.lastIndexOf(signature);
  if (end < 0 || bytes.readUInt32LE(end) !== endOfDirectory)
    throw new ArchiveError('the zip has no directory');
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  const files: ArchiveFile[] = [];
  for (let number = 0; number < count; number += 1) {
    if (bytes.readUInt32LE(at) !== directoryEntry)
      throw new ArchiveError('the directory of the zip is damaged');
    const method = bytes.readUInt16LE(at + 10);
    const packed = bytes.readUInt32LE(at + 20);
    const size = bytes.readUInt32LE(at + 24);
    const nameLength = bytes.readUInt16LE(at + 28);
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    const encrypted = (bytes.readUInt16LE(at + 8) & 1) !== 0;
    const local = bytes.readUInt32LE(at + 42);
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    budget.entry();
    if (!wanted(name)) continue;
    if (encrypted) throw new ArchiveError(`"${name}" is encrypted`);
    budget.take(name, size);
    const data = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const raw = bytes.subarray(data, data + packed);
    if (method !== 0 && method !== 8)
      throw new ArchiveError(`"${name}" is packed by the unknown method ${method}`);
    // What the directory says of the size is a claim: the unpacking is bounded by it.
    const content =
      method === 0 ? Buffer.from(raw) : inflateRawSync(raw, { maxOutputLength: Math.max(size, 1) });
    if (content.length !== size) throw new ArchiveError(`"${name}" does not have the size that it claims`);
    files.push({ name, bytes: content });
  }
  return files;
}

const block = 512;

function tarText(bytes: Buffer, from: number, length: number): string {
  const field = bytes.subarray(from, from + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end);
}

function readTar(bytes: Buffer, wanted: (name: string) => boolean, budget: Budget): ArchiveFile[] {
  const files: ArchiveFile[] = [];
  let longName: string | undefined;
  for (let at = 0; at + block <= bytes.length; ) {
    const header = bytes.subarray(at, at + block);
    if (header.every(byte => byte === 0)) break;
    if (tarText(header, 257, 5) !== 'ustar')
      throw new ArchiveError('this is neither a zip nor a tar archive');
    const size = Number.parseInt(tarText(header, 124, 12).trim() || '0', 8);
    if (!Number.isSafeInteger(size) || size < 0)
      throw new ArchiveError('a size in the tar archive is damaged');
    const content = bytes.subarray(at + block, at + block + size);
    if (content.length < size) throw new ArchiveError('the tar archive ends within a file');
    at += block + Math.ceil(size / block) * block;
    budget.entry();
    const type = String.fromCharCode(header[156] ?? 0);
    if (type === 'L') {
      longName = tarText(content, 0, size);
    } else if (type === 'x') {
      longName = /\d+ path=([^\n]*)\n/.exec(content.toString('utf8'))?.[1] ?? longName;
    } else if (type === '0' || type === '\0') {
      const prefix = tarText(header, 345, 155);
      const name = longName ?? (prefix === '' ? '' : `${prefix}/`) + tarText(header, 0, 100);
      longName = undefined;
      if (!wanted(name)) continue;
      budget.take(name, size);
      files.push({ name, bytes: Buffer.from(content) });
    } else if (type !== 'g') longName = undefined;
  }
  return files;
}
