/**
 * One line of the journal: JSON, a tab, a signature in base64. JSON text has no tab of its own, so that `cut -f1 | jq`
 * reads a journal. Every line names the SHA-256 of the JSON before it, and is signed by the key that holds at that
 * place; a line that brings a new key is signed by the old one.
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { JournalEntry } from '@redoubt/model';

/** What a line says, beside its place in the chain. */
export type Content =
  | { readonly entry: JournalEntry }
  /** The key that signs from the next line on; the first line's signs itself. Ed25519, raw, base64. */
  | { readonly key: string };

/** A line as it is read. */
export type Line = Content & {
  /** 1 for the first line, then one more each. */
  readonly seq: number;
  /** SHA-256 of the JSON of the line before, hexadecimal; 64 zeros for the first. */
  readonly prev: string;
};

/** The chain so far: where the next line goes. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
}

/** Where a chain begins. */
export const start: Head = { seq: 0, hash: '0'.repeat(64) };

/** Longer lines are none of ours. */
export const lineLimit = 1 << 20;

/** SHA-256 of a line's JSON, hexadecimal. */
export function hashOf(json: string): string {
  return createHash('sha256').update(json).digest('hex');
}

/** The next line of a chain, without its line feed, and the head with it. */
export function makeLine(head: Head, content: Content, key: KeyObject): { text: string; head: Head } {
  const line: Line = { seq: head.seq + 1, prev: head.hash, ...content };
  const json = JSON.stringify(line);
  const signature = sign(null, Buffer.from(json), key).toString('base64');
  return { text: `${json}\t${signature}`, head: { seq: line.seq, hash: hashOf(json) } };
}

/** A line taken apart; undefined when it is none. */
export function parseLine(text: string): { line: Line; json: string; signature: Buffer } | undefined {
  const tab = text.lastIndexOf('\t');
  if (tab < 0) return undefined;
  const json = text.slice(0, tab);
  try {
    const line: unknown = JSON.parse(json);
    if (!isLine(line)) return undefined;
    return { line, json, signature: Buffer.from(text.slice(tab + 1), 'base64') };
  } catch {
    return undefined;
  }
}

function isLine(value: unknown): value is Line {
  if (typeof value !== 'object' || value === null) return false;
  const { seq, prev, entry, key } = value as Record<string, unknown>;
  const isEntry = typeof entry === 'object' && entry !== null;
  return Number.isSafeInteger(seq) && typeof prev === 'string' && (isEntry || typeof key === 'string');
}

/** Whether a signature over a line's JSON is by a raw Ed25519 key. */
export function isSigned(json: string, signature: Buffer, key: KeyObject): boolean {
  return verify(null, Buffer.from(json), key, signature);
}

/** A key object of a raw Ed25519 public key in base64; undefined when it is none (RFC 8037). */
export function publicKeyOf(raw: string): KeyObject | undefined {
  try {
    const x = Buffer.from(raw, 'base64').toString('base64url');
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  } catch {
    return undefined;
  }
}

/** A key's raw public part in base64. */
export function rawOf(key: KeyObject): string {
  const { x = '' } = createPublicKey(key as Parameters<typeof createPublicKey>[0]).export({ format: 'jwk' });
  return Buffer.from(x, 'base64url').toString('base64');
}

/** What a journal is known by: SHA-256 of its first key, hexadecimal. */
export function identityOf(firstKey: string): string {
  return createHash('sha256').update(Buffer.from(firstKey, 'base64')).digest('hex');
}
