/** Signing golden states with an OpenPGP key (RFC 9580). The library is loaded only when such a key is used. */
import { StateError } from './error.ts';
import type { Signer, Verifier } from './sign.ts';

const library = () => import('openpgp');
const algorithm = 'openpgp';

function refused(file: string, error: unknown): StateError {
  const words = error instanceof Error ? error.message : String(error);
  return new StateError(
    'key',
    { en: `the OpenPGP key ${file} cannot be used: ${words}`, zh: `无法使用 OpenPGP 密钥 ${file}：${words}` },
    { cause: error },
  );
}

/** A signer with an armoured private key. @throws StateError `key` when it is none, or the passphrase is wrong */
export async function openPgpSigner(file: string, armored: string, passphrase = ''): Promise<Signer> {
  const { createMessage, decryptKey, readPrivateKey, sign } = await library();
  try {
    const locked = await readPrivateKey({ armoredKey: armored });
    if (!locked.isDecrypted() && passphrase === '')
      throw new Error('it is locked; name the file that holds its passphrase (--passphrase-file FILE)');
    const key = locked.isDecrypted() ? locked : await decryptKey({ privateKey: locked, passphrase });
    return {
      algorithm,
      keyId: key.getFingerprint(),
      sign: async statement => {
        const message = await createMessage({ binary: new Uint8Array(statement) });
        return await sign({ message, signingKeys: key, detached: true, format: 'binary' });
      },
    };
  } catch (error) {
    throw refused(file, error);
  }
}

/** A verifier with an armoured public key; a key that has expired or was revoked verifies nothing. @throws StateError `key` */
export async function openPgpVerifier(file: string, armored: string): Promise<Verifier> {
  const { createMessage, readKey, readSignature, verify } = await library();
  try {
    const key = await readKey({ armoredKey: armored });
    return {
      algorithm,
      keyId: key.getFingerprint(),
      verify: async (statement, signature) => {
        try {
          const { signatures } = await verify({
            message: await createMessage({ binary: new Uint8Array(statement) }),
            signature: await readSignature({ binarySignature: new Uint8Array(signature) }),
            verificationKeys: key,
          });
          return (await signatures[0]?.verified) === true;
        } catch {
          return false; // a wrong signature, or none at all
        }
      },
    };
  } catch (error) {
    throw refused(file, error);
  }
}
