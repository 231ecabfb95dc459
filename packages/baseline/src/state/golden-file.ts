/**
 * Golden states that are one file and may come from another host (code in memory, a boot, an image): signed beside
 * themselves as the states of a vault are, and refused when they are not what was signed.
 */
import { readFile } from 'node:fs/promises';
import { StateError } from './error.ts';
import { digestOfBytes, digestOfFile, type Signer, type Verifier } from './sign.ts';
import { checkSignature, placeSignature, readSignature, signDigest, unsigned } from './signature-file.ts';

/** Who decided that something is good, and why; it stands in the signed file. */
export interface Decision {
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  readonly who: string;
  readonly why: string;
  /** SHA-256 of the golden file that it replaced, null for the first. */
  readonly replaced: string | null;
}

/**
 * Signs a file that has just been written.
 * @returns its SHA-256
 * @throws StateError `key` when none of the verifiers would take the signature; `write`
 */
export async function signGoldenFile(
  file: string,
  signer: Signer,
  verifiers: readonly Verifier[],
): Promise<string> {
  const signature = await signDigest(await digestOfFile(file), signer);
  await checkSignature(signature, signature.sha256, verifiers, file);
  await placeSignature(file, signature);
  return signature.sha256;
}

/**
 * Reads a small golden file. What is returned are the bytes that were checked.
 * @throws StateError `missing`, `unsigned`, `key`, `digest` or `signature`
 */
export async function readGoldenFile(file: string, verifiers: readonly Verifier[]): Promise<Buffer> {
  const bytes = await readFile(file).catch(error => {
    const words = error instanceof Error ? error.message : String(error);
    throw new StateError(
      'missing',
      { en: `${file} cannot be read: ${words}`, zh: `无法读取 ${file}：${words}` },
      { cause: error },
    );
  });
  const signature = await readSignature(file);
  if (signature === undefined) throw unsigned(file);
  await checkSignature(signature, digestOfBytes(bytes), verifiers, file);
  return bytes;
}
