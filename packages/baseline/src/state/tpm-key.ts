/** Signing golden states with a key that never leaves the TPM: ECDSA over P-256, made there, kept at a handle. */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { Tpm, TpmError } from '../boot/tpm.ts';
import { StateError } from './error.ts';
import type { Signer, Verifier } from './sign.ts';

const algorithm = 'tpm2';

/** Where the key is kept unless another handle is asked for: in the range of the owner (TCG registry). */
export const signingHandle = '0x81018f01';

const idOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');

async function withTpm<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TpmError)) throw error;
    throw new StateError(
      'key',
      { en: `the TPM does not sign: ${error.message}`, zh: `TPM 无法签名：${error.message}` },
      { cause: error },
    );
  }
}

/** Makes a key in the TPM. @returns its public part, PEM. @throws StateError `key`, also when the handle is taken */
export function makeTpmKey(handle = signingHandle, tcti?: string): Promise<string> {
  return withTpm(() => new Tpm(tcti).makeSigningKey(handle));
}

/** Takes the key out of the TPM, for good. @throws StateError `key` */
export function removeTpmKey(handle = signingHandle, tcti?: string): Promise<void> {
  return withTpm(() => new Tpm(tcti).forget(handle));
}

/** A signer with the key at a handle. @throws StateError `key` when there is none */
export async function tpmSigner(handle = signingHandle, tcti?: string): Promise<Signer> {
  const tpm = new Tpm(tcti);
  const key = createPublicKey(await withTpm(() => tpm.publicKey(handle)));
  return { algorithm, keyId: idOf(key), sign: statement => withTpm(() => tpm.sign(statement, handle)) };
}

/** A verifier with the public part of such a key; no TPM is needed. */
export function tpmVerifier(key: KeyObject): Verifier {
  return {
    algorithm,
    keyId: idOf(key),
    verify: async (statement, signature) => {
      try {
        return verify('sha256', statement, key, signature);
      } catch {
        return false; // no signature of this form
      }
    },
  };
}
