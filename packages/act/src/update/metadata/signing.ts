/** OpenPGP (RFC 9580) signatures over update metadata. The library is loaded only when it is needed. */
import { UpdateRefused } from '../refusal.ts';
import { type Envelope, type EnvelopeSignature, preAuthenticationEncoding } from './envelope.ts';
import type { Role } from './types.ts';

const library = () => import('openpgp');

/** How far a client's clock may lag behind the publisher's, milliseconds; keys expire as much earlier. */
const clockSkew = 86_400_000;

/** A new key pair, ASCII-armoured, and its fingerprint. */
export interface KeyPair {
  readonly publicKey: string;
  readonly privateKey: string;
  readonly fingerprint: string;
}

/**
 * Makes an Ed25519 key pair.
 * @param passphrase protects the private key; empty leaves it unprotected
 */
export async function generateKey(name: string, passphrase: string): Promise<KeyPair> {
  const { generateKey, readKey } = await library();
  const { publicKey, privateKey } = await generateKey({
    type: 'curve25519',
    userIDs: [{ name }],
    passphrase,
    format: 'armored',
  });
  return { publicKey, privateKey, fingerprint: (await readKey({ armoredKey: publicKey })).getFingerprint() };
}

/** Fingerprint of an armoured public or private key, lower-case hex, and its public part. */
export async function publicPart(armored: string): Promise<{ fingerprint: string; publicKey: string }> {
  const { readKey } = await library();
  const key = await readKey({ armoredKey: armored });
  return { fingerprint: key.getFingerprint(), publicKey: key.toPublic().armor() };
}

/** Adds the signature of a private key, in place of an earlier one by the same key. */
export async function signEnvelope(
  envelope: Envelope,
  armoredPrivateKey: string,
  passphrase: string,
): Promise<Envelope> {
  const { createMessage, decryptKey, readPrivateKey, sign } = await library();
  const locked = await readPrivateKey({ armoredKey: armoredPrivateKey });
  const signingKey = locked.isDecrypted() ? locked : await decryptKey({ privateKey: locked, passphrase });
  const sig = await sign({
    message: await createMessage({ binary: preAuthenticationEncoding(envelope.payload) }),
    signingKeys: signingKey,
    detached: true,
    format: 'armored',
  });
  const keyid = signingKey.getFingerprint();
  const others = envelope.signatures.filter(signature => signature.keyid !== keyid);
  return { ...envelope, signatures: [...others, { keyid, sig }] };
}

/**
 * Checks that enough different keys of a role have signed.
 * @param keys armoured public keys by fingerprint
 * @param now milliseconds since the Unix epoch; keys that have expired by then do not count
 * @throws UpdateRefused `wrong_key` when none has, `threshold` when too few have
 */
export async function requireRole(
  envelope: Envelope,
  role: Role,
  keys: Readonly<Record<string, string>>,
  subject: string,
  now: number,
): Promise<void> {
  const signed = new Set<string>();
  for (const signature of envelope.signatures) {
    if (!role.keys.includes(signature.keyid) || signed.has(signature.keyid)) continue;
    const key = Object.hasOwn(keys, signature.keyid) ? keys[signature.keyid] : undefined;
    if (key !== undefined && (await isSignedBy(envelope.payload, signature, key, now))) {
      signed.add(signature.keyid);
      if (signed.size >= role.threshold) return;
    }
  }
  if (signed.size === 0) {
    throw new UpdateRefused('wrong_key', subject, 'no trusted key has signed it', '没有受信任密钥的签名');
  }
  throw new UpdateRefused(
    'threshold',
    subject,
    `${signed.size} of ${role.threshold} needed keys have signed it`,
    `需要 ${role.threshold} 个密钥签名，实际只有 ${signed.size} 个`,
  );
}

async function isSignedBy(
  payload: Buffer,
  { keyid, sig }: EnvelopeSignature,
  armoredKey: string,
  now: number,
): Promise<boolean> {
  const { createMessage, readKey, readSignature, verify } = await library();
  try {
    const key = await readKey({ armoredKey });
    if (key.getFingerprint() !== keyid) return false;
    const { signatures } = await verify({
      message: await createMessage({ binary: preAuthenticationEncoding(payload) }),
      signature: await readSignature({ armoredSignature: sig }),
      verificationKeys: key,
      date: new Date(now + clockSkew),
    });
    const [first] = signatures;
    return first !== undefined && signatures.length === 1 && (await first.verified);
  } catch {
    // Whatever is wrong with a signature, it is none.
    return false;
  }
}
