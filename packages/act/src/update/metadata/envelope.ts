/**
 * Signed metadata: a DSSE envelope (Dead Simple Signing Envelope, protocol 1.0.2) whose signatures are OpenPGP
 * detached signatures over its pre-authentication encoding. What is signed is the very bytes, so that no two
 * readers can disagree on what they say.
 */
import { UpdateRefused } from '../refusal.ts';

/** What the payload is, as it stands in the signature. */
export const payloadType = 'application/vnd.redoubt.update+json';

/** One signature and the key that is said to have made it. */
export interface EnvelopeSignature {
  /** Fingerprint of the primary key in lower-case hex. */
  readonly keyid: string;
  /** ASCII-armoured OpenPGP signature. */
  readonly sig: string;
}

/** Signed metadata as it is stored and sent. */
export interface Envelope {
  readonly payload: Buffer;
  readonly signatures: readonly EnvelopeSignature[];
}

/** More signatures than any repository needs are an attempt to keep the verifier busy. */
const signatureLimit = 64;

/** DSSE pre-authentication encoding of a payload: the bytes that are signed. */
export function preAuthenticationEncoding(payload: Buffer): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

/** The envelope as JSON text. */
export function printEnvelope({ payload, signatures }: Envelope): string {
  return `${JSON.stringify({ payloadType, payload: payload.toString('base64'), signatures }, null, 1)}\n`;
}

/** Reads an envelope. @throws UpdateRefused `malformed` with `subject` as the thing that is wrong */
export function parseEnvelope(bytes: Uint8Array, subject: string): Envelope {
  const malformed = (en: string, zh: string, cause?: unknown): UpdateRefused =>
    new UpdateRefused('malformed', subject, en, zh, { cause });
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw malformed('is not JSON', '不是 JSON', cause);
  }
  if (typeof value !== 'object' || value === null) throw malformed('is no envelope', '不是签名信封');
  const { payloadType: type, payload, signatures } = value as Record<string, unknown>;
  if (type !== payloadType) {
    throw malformed('is not update metadata', '不是更新元数据');
  }
  if (typeof payload !== 'string' || !Array.isArray(signatures) || signatures.length > signatureLimit) {
    throw malformed('lacks its payload or signatures', '缺少内容或签名');
  }
  return { payload: Buffer.from(payload, 'base64'), signatures: signatures.filter(isSignature) };
}

function isSignature(value: unknown): value is EnvelopeSignature {
  if (typeof value !== 'object' || value === null) return false;
  const { keyid, sig } = value as Record<string, unknown>;
  return typeof keyid === 'string' && typeof sig === 'string';
}
