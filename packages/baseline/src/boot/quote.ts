/** Quotes of a TPM: parsing and verification. Source: TPM 2.0 Library, part 2, sections 10.12 and 11.3. */
import { constants, createHash, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import { type Bank, bankOf } from './algorithms.ts';
import { BootDataError, Cursor } from './cursor.ts';

/** TPMS_ATTEST of a quote. */
export interface Attestation {
  /** What the verifier chose (extraData). */
  readonly nonce: Buffer;
  readonly clock: bigint;
  readonly resetCount: number;
  readonly restartCount: number;
  /** The clock has not gone back. */
  readonly safe: boolean;
  readonly firmware: bigint;
  readonly selections: readonly { readonly bank: Bank; readonly pcrs: readonly number[] }[];
  readonly pcrDigest: Buffer;
}

const magic = 0xff544347;
const quoteType = 0x8018;
const algorithm = { rsassa: 0x14, rsapss: 0x16, ecdsa: 0x18 } as const;

/** Parses a TPMS_ATTEST. @throws BootDataError when it is no quote */
export function parseAttestation(bytes: Buffer): Attestation {
  const cursor = new Cursor(bytes);
  if (cursor.u32be() !== magic)
    throw new BootDataError('it was not made inside a TPM: the magic number is missing');
  if (cursor.u16be() !== quoteType) throw new BootDataError('it is no quote');
  cursor.sized(); // the qualified name of the key
  const nonce = cursor.sized();
  const clock = cursor.u64be();
  const resetCount = cursor.u32be();
  const restartCount = cursor.u32be();
  const safe = cursor.u8() === 1;
  const firmware = cursor.u64be();
  const count = cursor.u32be();
  if (count > 16) throw new BootDataError(`${count} selections of PCRs cannot be right`);
  const selections = Array.from({ length: count }, () => {
    const number = cursor.u16be();
    const bank = bankOf(number);
    if (bank === undefined) throw new BootDataError(`PCRs of the unknown bank 0x${number.toString(16)}`);
    const bits = cursor.take(cursor.u8());
    const pcrs = Array.from({ length: bits.length * 8 }, (_, pcr) => pcr).filter(
      pcr => ((bits[pcr >> 3] ?? 0) >> (pcr & 7)) & 1,
    );
    return { bank, pcrs };
  });
  const pcrDigest = cursor.sized();
  if (cursor.left > 0) throw new BootDataError(`${cursor.left} bytes follow the quote`);
  return { nonce, clock, resetCount, restartCount, safe, firmware, selections, pcrDigest };
}

interface Signature {
  readonly scheme: number;
  readonly hash: Bank;
  readonly bytes: Buffer;
}

function parseSignature(bytes: Buffer, coordinate: number): Signature {
  const cursor = new Cursor(bytes);
  const scheme = cursor.u16be();
  const hash = bankOf(cursor.u16be());
  if (hash === undefined) throw new BootDataError('the signature uses an unknown hash');
  if (scheme === algorithm.rsassa || scheme === algorithm.rsapss)
    return { scheme, hash, bytes: cursor.sized() };
  if (scheme !== algorithm.ecdsa)
    throw new BootDataError(`unknown signature scheme 0x${scheme.toString(16)}`);
  const pad = (one: Buffer): Buffer => {
    if (one.length > coordinate) throw new BootDataError('a coordinate of the signature is too long');
    return Buffer.concat([Buffer.alloc(coordinate - one.length), one]);
  };
  return { scheme, hash, bytes: Buffer.concat([pad(cursor.sized()), pad(cursor.sized())]) };
}

/** Whether a TPMT_SIGNATURE over the attestation is the key's. @throws BootDataError when it is no signature */
export function signatureHolds(attestation: Buffer, signature: Buffer, key: KeyObject): boolean {
  const curve = key.asymmetricKeyDetails?.namedCurve ?? '';
  const coordinate = /384/.test(curve) ? 48 : /521/.test(curve) ? 66 : 32;
  const { scheme, hash, bytes } = parseSignature(signature, coordinate);
  const isEcdsa = scheme === algorithm.ecdsa;
  if (isEcdsa !== (key.asymmetricKeyType === 'ec') || (!isEcdsa && key.asymmetricKeyType !== 'rsa'))
    return false;
  if (isEcdsa) return verify(hash, attestation, { key, dsaEncoding: 'ieee-p1363' }, bytes);
  const padding = scheme === algorithm.rsapss ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  return verify(
    hash,
    attestation,
    {
      key,
      padding,
      ...(padding === constants.RSA_PKCS1_PSS_PADDING && { saltLength: constants.RSA_PSS_SALTLEN_AUTO }),
    },
    bytes,
  );
}

/** A quote with what it speaks of. Bytes in base64, PCR values in hexadecimal. */
export interface QuoteBundle {
  readonly format: 'redoubt-quote-1';
  readonly attestation: string;
  readonly signature: string;
  readonly bank: Bank;
  readonly pcrs: Readonly<Record<string, string>>;
  /** The event log of the boot that is quoted; absent where there is none. */
  readonly event_log?: string;
}

/** Why a quote is refused; empty when it holds. */
export type QuoteFault = 'signature' | 'nonce' | 'digest' | 'selection' | 'clock';

/**
 * Verifies a quote: signed by the key, for this nonce, over just these PCR values.
 * @param hash of the signature's scheme, which the digest over the PCRs uses as well
 * @throws BootDataError when a part cannot be read
 */
export function verifyQuote(
  bundle: QuoteBundle,
  key: KeyObject,
  nonce: Buffer,
): { faults: QuoteFault[]; attestation: Attestation } {
  const message = Buffer.from(bundle.attestation, 'base64');
  const signature = Buffer.from(bundle.signature, 'base64');
  const attestation = parseAttestation(message);
  const faults: QuoteFault[] = [];
  if (!signatureHolds(message, signature, key)) faults.push('signature');
  if (attestation.nonce.length !== nonce.length || !timingSafeEqual(attestation.nonce, nonce))
    faults.push('nonce');
  const [selection, ...more] = attestation.selections;
  const told = Object.keys(bundle.pcrs)
    .map(Number)
    .toSorted((one, other) => one - other);
  const quoted = selection?.pcrs ?? [];
  if (
    selection === undefined ||
    more.length > 0 ||
    selection.bank !== bundle.bank ||
    quoted.join() !== told.join()
  )
    faults.push('selection');
  const hash = bankOf(signature.length >= 4 ? signature.readUInt16BE(2) : 0) ?? 'sha256';
  const digest = createHash(hash);
  for (const pcr of quoted) digest.update(Buffer.from(bundle.pcrs[pcr] ?? '', 'hex'));
  if (!digest.digest().equals(attestation.pcrDigest)) faults.push('digest');
  if (!attestation.safe) faults.push('clock');
  return { faults, attestation };
}

/** Reads a bundle. @throws BootDataError when it is none */
export function parseBundle(text: string): QuoteBundle {
  let value: Partial<QuoteBundle> | null;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BootDataError('it is no JSON');
  }
  const { format, attestation, signature, bank, pcrs } = value ?? {};
  const strings = [attestation, signature, bank].every(one => typeof one === 'string');
  const values =
    typeof pcrs === 'object' &&
    pcrs !== null &&
    Object.entries(pcrs).every(([pcr, one]) => /^\d{1,2}$/.test(pcr) && /^[0-9a-f]+$/.test(one));
  if (format !== 'redoubt-quote-1' || !strings || !values)
    throw new BootDataError('it is no quote of Redoubt');
  return value as QuoteBundle;
}
