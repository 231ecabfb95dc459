/** Keys of every kind, by what their file holds: Ed25519 in PEM form, OpenPGP, or a handle in the TPM. */
import { createPublicKey } from 'node:crypto';
import { openPgpSigner, openPgpVerifier } from './openpgp.ts';
import { ed25519Signer, ed25519Verifier, readKeyFile, type Signer, type Verifier } from './sign.ts';

/** Loaded only when such a key is used. */
const tpm = () => import('./tpm-key.ts');

const pgp = /^-----BEGIN PGP (?:PUBLIC|PRIVATE) KEY BLOCK-----/m;

/** What a signer may need beside its key. */
export interface SignerSettings {
  /** Of an OpenPGP key that has one. */
  readonly passphrase?: string;
  /** How the TPM is reached, as tpm2-tools write it. */
  readonly tcti?: string;
}

/** @param key a file, `tpm`, or `tpm:0x81…` for a key that the TPM keeps. @throws StateError `key` */
export async function signerFrom(key: string, { passphrase, tcti }: SignerSettings = {}): Promise<Signer> {
  const handle = /^tpm(?::(0x81[0-9a-f]{6}))?$/i.exec(key);
  if (handle !== null) return (await tpm()).tpmSigner(handle[1], tcti);
  const text = await readKeyFile(key, true);
  return pgp.test(text) ? openPgpSigner(key, text, passphrase) : ed25519Signer(key);
}

/** The verifier of a file with a public key of any of these kinds. @throws StateError `key` */
export async function verifierFrom(file: string): Promise<Verifier> {
  const text = await readKeyFile(file, false);
  if (pgp.test(text)) return openPgpVerifier(file, text);
  try {
    const key = createPublicKey(text);
    if (key.asymmetricKeyType === 'ec') return (await tpm()).tpmVerifier(key);
  } catch {
    // told below
  }
  return ed25519Verifier(file);
}
