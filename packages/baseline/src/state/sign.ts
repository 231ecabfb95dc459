/**
 * Signing golden states. A signer is anything that turns a statement into a signature: an Ed25519 key file here, an
 * OpenPGP key (openpgp.ts), a key in the TPM (tpm-key.ts). What is signed is a short text that names the state's digest, so that it
 * can be carried to another machine and the signature back.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { digestOf } from '../digest.ts';
import { StateError } from './error.ts';

/** Makes signatures. */
export interface Signer {
  /** Name of the method: `ed25519`, `openpgp`, `tpm2`. */
  readonly algorithm: string;
  /** Names the key: for Ed25519, SHA-256 of its SPKI form in hexadecimal. */
  readonly keyId: string;
  sign(statement: Uint8Array): Promise<Uint8Array>;
}

/** Checks signatures of one key. */
export interface Verifier {
  readonly algorithm: string;
  readonly keyId: string;
  verify(statement: Uint8Array, signature: Uint8Array): Promise<boolean>;
}

/** What is signed: the digest with a prefix, so that it cannot be taken for anything else. */
export function statementOf(digest: string): Buffer {
  return Buffer.from(`Redoubt golden state, version 1\nsha256 ${digest}\n`);
}

/** SHA-256 of a file in hexadecimal. */
export async function digestOfFile(file: string): Promise<string> {
  const handle = await open(file);
  try {
    return (await digestOf(handle, 'sha256')).digest;
  } finally {
    await handle.close();
  }
}

/** SHA-256 of bytes in hexadecimal. */
export const digestOfBytes = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** SHA-256 of a text in hexadecimal. */
export const digestOfText = (text: string): string => digestOfBytes(Buffer.from(text));

function idOf(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

function keyError(en: string, zh: string, cause?: unknown): StateError {
  return new StateError('key', { en, zh }, cause === undefined ? undefined : { cause });
}

/**
 * Reads a small key file, refusing links, other owners and, for private keys, readers besides its owner.
 * @throws StateError `key`
 */
export async function readKeyFile(file: string, secret: boolean): Promise<string> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw keyError(`the key ${file} cannot be read: ${words}`, `无法读取密钥 ${file}：${words}`, error);
  }
  try {
    const { mode, uid, size } = await handle.stat();
    if ((mode & constants.S_IFMT) !== constants.S_IFREG || size > 64 << 10)
      throw keyError(`${file} is no key file`, `${file} 不是密钥文件`);
    if (uid !== 0 && uid !== process.getuid?.())
      throw keyError(
        `the key ${file} belongs to another user (${uid})`,
        `密钥 ${file} 属于其他用户（${uid}）`,
      );
    if ((mode & (secret ? 0o077 : 0o022)) !== 0) {
      const shown = (mode & 0o777).toString(8);
      throw keyError(
        `the key ${file} is open to others (mode ${shown}); say: chmod ${secret ? '600' : '644'} ${file}`,
        `密钥 ${file} 对其他用户开放（权限 ${shown}）；请执行：chmod ${secret ? '600' : '644'} ${file}`,
      );
    }
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

/** @throws StateError `key` when the text is no key of this kind */
function ed25519(make: () => KeyObject, file: string): KeyObject {
  let key: KeyObject;
  try {
    key = make();
  } catch (error) {
    throw keyError(`${file} holds no key in PEM form`, `${file} 中没有 PEM 格式的密钥`, error);
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw keyError(`${file} is no Ed25519 key`, `${file} 不是 Ed25519 密钥`);
  return key;
}

/** An Ed25519 key from a PEM file (PKCS #8) that only its owner may read. @throws StateError `key` */
export async function ed25519PrivateKey(file: string): Promise<KeyObject> {
  const pem = await readKeyFile(file, true);
  return ed25519(() => createPrivateKey(pem), file);
}

/** A signer with a key of `ed25519PrivateKey`. @throws StateError `key` */
export async function ed25519Signer(file: string): Promise<Signer> {
  const key = await ed25519PrivateKey(file);
  return {
    algorithm: 'ed25519',
    keyId: idOf(createPublicKey(key)),
    sign: async statement => sign(null, statement, key),
  };
}

/** A verifier with an Ed25519 public key from a PEM file (SPKI). @throws StateError `key` */
export async function ed25519Verifier(file: string): Promise<Verifier> {
  const pem = await readKeyFile(file, false);
  const key = ed25519(() => createPublicKey(pem), file);
  return {
    algorithm: 'ed25519',
    keyId: idOf(key),
    verify: async (statement, signature) => verify(null, statement, key, signature),
  };
}

/** Makes a key pair: `file` (0600) and `file.pub` (0644). @throws StateError `key` when there is one already */
export async function makeKeyPair(file: string, publicFile = `${file}.pub`): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeNew(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600);
  await writeNew(publicFile, publicKey.export({ type: 'spki', format: 'pem' }), 0o644);
}

async function writeNew(file: string, text: string | Buffer, mode: number): Promise<void> {
  if (await lstat(file).catch(() => undefined))
    throw keyError(`${file} exists and is not replaced`, `${file} 已存在，不会被替换`);
  const handle = await open(file, 'wx', mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
