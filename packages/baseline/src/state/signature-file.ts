/** The signature beside a state: `NAME.sig`, one line of JSON. */
import { readFile } from 'node:fs/promises';
import { StateError } from './error.ts';
import { digestOfFile, type Signer, statementOf, type Verifier } from './sign.ts';
import { writeWhole } from './write-whole.ts';

/** A signature as it is kept and carried. */
export interface StateSignature {
  readonly format: 'redoubt-signature';
  readonly version: 1;
  readonly algorithm: string;
  readonly key: string;
  /** SHA-256 of the state file. */
  readonly sha256: string;
  /** Base64. */
  readonly signature: string;
}

export const signatureOf = (file: string): string => `${file}.sig`;

/** Signs a digest, here or on another machine. */
export async function signDigest(digest: string, signer: Signer): Promise<StateSignature> {
  const signature = await signer.sign(statementOf(digest));
  return {
    format: 'redoubt-signature',
    version: 1,
    algorithm: signer.algorithm,
    key: signer.keyId,
    sha256: digest,
    signature: Buffer.from(signature).toString('base64'),
  };
}

/** Reads what `signDigest` made. @throws StateError `signature` when it is something else */
export function parseSignature(text: string, place: string): StateSignature {
  let value: Partial<StateSignature> | undefined;
  try {
    value = JSON.parse(text);
  } catch {
    // said below
  }
  const { format, version, algorithm, key, sha256, signature } = value ?? {};
  const texts = [algorithm, key, sha256, signature].every(one => typeof one === 'string');
  if (format !== 'redoubt-signature' || version !== 1 || !texts)
    throw new StateError('signature', {
      en: `${place} is no signature of a golden state`,
      zh: `${place} 不是黄金状态的签名`,
    });
  return value as StateSignature;
}

/** Puts a signature beside its state; with it the state counts. @throws StateError `write` */
export async function placeSignature(file: string, signature: StateSignature): Promise<void> {
  await writeWhole(signatureOf(file), `${JSON.stringify(signature)}\n`);
}

/** Reads the signature beside a state; undefined when there is none. @throws StateError `signature` */
export async function readSignature(file: string): Promise<StateSignature | undefined> {
  let text: string;
  try {
    text = await readFile(signatureOf(file), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return parseSignature(text, signatureOf(file));
}

/** The refusal of a file without a signature. */
export function unsigned(file: string): StateError {
  return new StateError('unsigned', {
    en: `${file} has no signature beside it (${signatureOf(file)}); sign it with: redoubt baseline sign`,
    zh: `${file} 旁没有签名（${signatureOf(file)}）；请执行：redoubt baseline sign`,
  });
}

/**
 * Refuses a state file that is not, byte by byte, what one of the keys signed. Nothing of the file is parsed before.
 * @returns digest of the file
 * @throws StateError `unsigned`, `key` (an unknown key), `digest` (the file is another), `signature` (a wrong one)
 */
export async function verifyState(file: string, verifiers: readonly Verifier[]): Promise<string> {
  const signature = await readSignature(file);
  if (signature === undefined) throw unsigned(file);
  const digest = await digestOfFile(file);
  await checkSignature(signature, digest, verifiers, file);
  return digest;
}

/** @throws StateError as `verifyState` */
export async function checkSignature(
  signature: StateSignature,
  digest: string,
  verifiers: readonly Verifier[],
  file: string,
): Promise<void> {
  if (signature.sha256 !== digest)
    throw new StateError('digest', {
      en: `${file} has been changed since it was signed: its SHA-256 is ${digest}, signed was ${signature.sha256}`,
      zh: `${file} 在签名后被修改：其 SHA-256 为 ${digest}，签名时为 ${signature.sha256}`,
    });
  const verifier = verifiers.find(
    one => one.algorithm === signature.algorithm && one.keyId === signature.key,
  );
  if (verifier === undefined)
    throw new StateError('key', {
      en: `${file} was signed with a key that is not trusted here: ${signature.algorithm} ${signature.key}`,
      zh: `${file} 由此处不受信任的密钥签名：${signature.algorithm} ${signature.key}`,
    });
  if (!(await verifier.verify(statementOf(digest), Buffer.from(signature.signature, 'base64'))))
    throw new StateError('signature', {
      en: `the signature of ${file} is wrong`,
      zh: `${file} 的签名无效`,
    });
}
