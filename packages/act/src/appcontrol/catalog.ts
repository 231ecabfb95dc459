/**
 * Catalogs: lists of programs by SHA-256 that their owner has signed (Ed25519, RFC 8032). Each owner has a key of
 * their own, so that the vendor of a plug-in can only speak for their own catalog.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { Bilingual } from '@redoubt/model';
import { LadderError } from '../ladder/protection.ts';

/** A program in a catalog. */
export interface CatalogEntry {
  readonly sha256: string;
  /** Where it lay when the catalog was made; for people. */
  readonly path?: string;
}

/** What is signed. */
export interface Catalog {
  readonly format: 'redoubt-catalog';
  readonly name: string;
  readonly owner: string;
  /** Grows with each issue; an older one is refused in place of a newer. */
  readonly issue: number;
  /** Milliseconds since the Unix epoch. */
  readonly created: number;
  readonly entries: readonly CatalogEntry[];
}

/** A catalog as it travels: the exact bytes that were signed, and the signature in base64. */
export interface SignedCatalog {
  readonly catalog: string;
  readonly signature: string;
}

/** Entries of one catalog at most. */
const entriesAllowed = 1_000_000;
export const catalogNamePattern = /^[a-z0-9][a-z0-9.-]{0,63}$/;

/** Signs a catalog. @param privateKey Ed25519 as PEM (PKCS #8) @throws LadderError */
export function signCatalog(text: string, privateKey: string): SignedCatalog {
  parseCatalog(text);
  const key = ed25519(() => createPrivateKey(privateKey));
  return { catalog: text, signature: sign(null, Buffer.from(text), key).toString('base64') };
}

/** Checks a signed catalog. @param publicKey Ed25519 as PEM (SPKI) @throws LadderError saying what is wrong */
export function openCatalog({ catalog, signature }: SignedCatalog, publicKey: string): Catalog {
  const key = ed25519(() => createPublicKey(publicKey));
  if (!verify(null, Buffer.from(catalog), key, Buffer.from(signature, 'base64')))
    throw wrong(
      'the signature is not by this key, or the catalog was changed',
      '签名与该密钥不符，或目录已被改动',
    );
  return parseCatalog(catalog);
}

function ed25519(read: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw wrong(`the key cannot be read: ${words}`, `无法读取密钥：${words}`);
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw wrong('the key is no Ed25519 key', '密钥不是 Ed25519 密钥');
}

/** A catalog from its text. @throws LadderError */
export function parseCatalog(text: string): Catalog {
  let given: Partial<Catalog> | null;
  try {
    given = JSON.parse(text) as Partial<Catalog> | null;
  } catch {
    throw wrong('the catalog is no JSON', '目录不是 JSON');
  }
  const { format, name, owner, issue, created, entries } = given ?? {};
  if (format !== 'redoubt-catalog') throw wrong('this is no catalog', '这不是程序目录');
  if (typeof name !== 'string' || !catalogNamePattern.test(name))
    throw wrong('its name must be of a-z, 0-9, dot and hyphen', '名称只能由 a-z、0-9、点和连字符组成');
  if (typeof owner !== 'string' || owner === '' || owner.length > 200)
    throw wrong('it names no owner', '未注明所有者');
  if (!Number.isSafeInteger(issue) || !Number.isSafeInteger(created))
    throw wrong('issue and created must be whole numbers', 'issue 与 created 应为整数');
  if (!Array.isArray(entries) || entries.length > entriesAllowed)
    throw wrong(
      `entries must be a list of at most ${entriesAllowed}`,
      `entries 应为不超过 ${entriesAllowed} 项的列表`,
    );
  for (const entry of entries as unknown[]) {
    const sha256 = (entry as { sha256?: unknown } | null)?.sha256;
    if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256))
      throw wrong(
        'each entry needs a sha256 of 64 lower-case hexadecimal digits',
        '每一项都须有 64 位小写十六进制 sha256',
      );
  }
  return given as Catalog;
}

function wrong(en: string, zh: string): LadderError {
  const text: Bilingual = { en, zh };
  return new LadderError('bad_settings', text);
}
