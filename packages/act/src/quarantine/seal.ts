/**
 * The sealed form of a file: AES-256-GCM (NIST SP 800-38D) in frames, so that a file of any size is sealed and opened
 * in little memory, and that no frame can be changed, left out, moved or cut off unnoticed.
 *
 * Layout: the magic line, 8 random bytes (nonce prefix), then frames. A frame is its length (32 bits, little-endian;
 * the highest bit marks the last one), the ciphertext, and the tag (16 bytes). The nonce is prefix and frame number;
 * id, frame number and mark are authenticated with it. Each file has a key of its own, derived from the vault's.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { VaultCalls } from './calls.ts';

const magic = Buffer.from('redoubt-sealed-1\n');
const prefixBytes = 8;
const tagBytes = 16;
const frameBytes = 1 << 20;
const lastMark = 0x80000000;
const cipher = 'aes-256-gcm';

/** Thrown when a sealed file is not what was sealed. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
}

function keyOf(vaultKey: Buffer, id: string): Buffer {
  return Buffer.from(hkdfSync('sha256', vaultKey, Buffer.alloc(0), `redoubt quarantine ${id}`, 32));
}

function frameNonce(prefix: Buffer, index: number): Buffer {
  const nonce = Buffer.alloc(prefixBytes + 4);
  prefix.copy(nonce);
  nonce.writeUInt32BE(index, prefixBytes);
  return nonce;
}

function context(id: string, index: number, isLast: boolean): Buffer {
  return Buffer.from(`${id}\0${index}\0${isLast ? 'last' : 'more'}`);
}

/**
 * Seals everything from one descriptor to another.
 * @returns length and SHA-256 of what was read
 */
export function seal(
  from: number,
  to: number,
  vaultKey: Buffer,
  id: string,
  calls: VaultCalls,
): { size: number; sha256: string } {
  const key = keyOf(vaultKey, id);
  const prefix = randomBytes(prefixBytes);
  writeAll(to, Buffer.concat([magic, prefix]), calls);
  const digest = createHash('sha256');
  let size = 0;
  let frame = readFull(from, size, frameBytes, calls);
  for (let index = 0; ; index += 1) {
    digest.update(frame);
    size += frame.length;
    const next = frame.length < frameBytes ? Buffer.alloc(0) : readFull(from, size, frameBytes, calls);
    const isLast = next.length === 0;
    const encryption = createCipheriv(cipher, key, frameNonce(prefix, index));
    encryption.setAAD(context(id, index, isLast));
    const sealed = Buffer.concat([encryption.update(frame), encryption.final()]);
    const head = Buffer.alloc(4);
    head.writeUInt32LE((sealed.length | (isLast ? lastMark : 0)) >>> 0);
    writeAll(to, Buffer.concat([head, sealed, encryption.getAuthTag()]), calls);
    if (isLast) return { size, sha256: digest.digest('hex') };
    frame = next;
  }
}

/**
 * Opens a sealed file into another descriptor.
 * @returns length and SHA-256 of what was written
 * @throws SealBroken when it is not what was sealed
 */
export function unseal(
  from: number,
  to: number,
  vaultKey: Buffer,
  id: string,
  calls: VaultCalls,
): { size: number; sha256: string } {
  const key = keyOf(vaultKey, id);
  const start = readFull(from, 0, magic.length + prefixBytes, calls);
  if (!start.subarray(0, magic.length).equals(magic)) throw new SealBroken('it is no sealed file');
  const prefix = start.subarray(magic.length);
  const digest = createHash('sha256');
  let at = start.length;
  let size = 0;
  for (let index = 0; ; index += 1) {
    const head = readFull(from, at, 4, calls);
    if (head.length < 4) throw new SealBroken('its end is missing');
    const word = head.readUInt32LE();
    const isLast = (word & lastMark) !== 0;
    const length = (word & ~lastMark) >>> 0;
    if (length > frameBytes) throw new SealBroken('a frame is longer than any that is made');
    const frame = readFull(from, at + 4, length + tagBytes, calls);
    if (frame.length < length + tagBytes) throw new SealBroken('its end is missing');
    at += 4 + frame.length;
    const decryption = createDecipheriv(cipher, key, frameNonce(prefix, index));
    decryption.setAAD(context(id, index, isLast));
    decryption.setAuthTag(frame.subarray(length));
    let content: Buffer;
    try {
      content = Buffer.concat([decryption.update(frame.subarray(0, length)), decryption.final()]);
    } catch (error) {
      throw new SealBroken('it was changed, or the key is another one', { cause: error });
    }
    digest.update(content);
    size += content.length;
    writeAll(to, content, calls);
    if (isLast) return { size, sha256: digest.digest('hex') };
  }
}

function readFull(fd: number, position: number, length: number, calls: VaultCalls): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  let read = 0;
  while (read < length) {
    const count = calls.readSync(fd, buffer, read, length - read, position + read);
    if (count === 0) break;
    read += count;
  }
  return buffer.subarray(0, read);
}

function writeAll(fd: number, bytes: Buffer, calls: VaultCalls): void {
  for (let at = 0; at < bytes.length; ) at += calls.writeSync(fd, bytes, at, bytes.length - at);
}
