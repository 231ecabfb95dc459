/** Hash algorithms of TPM banks. Source: TCG Algorithm Registry. */

/** A bank: its name in tpm2-tools and in node:crypto. */
export type Bank = 'sha1' | 'sha256' | 'sha384' | 'sha512';

const banks: Readonly<Record<number, Bank>> = { 4: 'sha1', 11: 'sha256', 12: 'sha384', 13: 'sha512' };

/** Bytes of a digest. */
export const digestSize: Readonly<Record<Bank, number>> = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 };

/** The bank of an algorithm number; undefined for those that are not known here (SM3). */
export function bankOf(algorithm: number): Bank | undefined {
  return banks[algorithm];
}

/** Whether a word names a bank. */
export function isBank(word: string): word is Bank {
  return Object.hasOwn(digestSize, word);
}
