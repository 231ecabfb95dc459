/**
 * TLSH, a digest that changes little when the content does: Oliver, Cheng, Chen, "TLSH - A Locality Sensitive Hash"
 * (4th Cybercrime and Trustworthy Computing Workshop, 2013); 128 buckets, one byte of checksum.
 */

/** Pearson's permutation (CACM 33(6), 1990), as TLSH uses it. */
const permutation = Buffer.from(
  '0157310cb0b266a679c10654f9e62ca30ec5d5b5a155da5040ef18e2ec8e26c86eb168678dfdff324d6551122d601fde' +
    '196bbe4656edf02248f214d6f4e395eb61ea39163cfa52afd0057fc76f3e87f8aea9d33a429a6ac3f5ab11bbb6b300f3' +
    '8438944b80859e64827e5b0d99f6d8db7744df4e5358c9637a0b5c208872340a8a1e30b79c233d1a8f4afb5e81a23f98' +
    'aa0773a7f1ce0396373b97dc5a3517837dad0fee4f5f59106989e1e0d9a0257b7649029d2e74099186e4cfd4cad745e5' +
    '1bbc437ca8fc2a041d6c15f713cd27cbe928ba93c6c09b21a4bf62cca5b4754c8c24d2ac29369f08b9e871c4e72f9278' +
    '33411c90fedd5dbdc28b702b476db8d1',
  'hex',
);

/** Shortest content that has a digest, in bytes. */
export const leastBytes = 256;
const buckets = 128;
const codeBytes = buckets / 4;
const digestBytes = 3 + codeBytes;

/** A digest, taken apart. */
export interface Tlsh {
  readonly checksum: number;
  /** Logarithm of the length. */
  readonly length: number;
  readonly q1: number;
  readonly q2: number;
  /** Four buckets a byte, two bits each. */
  readonly code: Uint8Array;
}

/** The digest of a content; undefined when it is too short or too uniform. */
export function tlsh(bytes: Uint8Array): Tlsh | undefined {
  if (bytes.length < leastBytes) return undefined;
  const counts = new Uint32Array(256);
  const checksum = fill(bytes, counts);
  const sorted = counts.slice(0, buckets).sort();
  const quartile = (index: number): number => sorted[(buckets / 4) * index - 1] ?? 0;
  const [first, second, third] = [quartile(1), quartile(2), quartile(3)];
  if (third === 0 || sorted.filter(count => count > 0).length <= buckets / 2) return undefined;
  const code = new Uint8Array(codeBytes);
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    const count = counts[bucket] ?? 0;
    const level = count > third ? 3 : count > second ? 2 : count > first ? 1 : 0;
    const at = bucket >> 2;
    code[at] = (code[at] ?? 0) | (level << ((bucket & 3) * 2));
  }
  return {
    checksum,
    length: lengthClass(bytes.length),
    q1: Math.trunc((first * 100) / third) % 16,
    q2: Math.trunc((second * 100) / third) % 16,
    code,
  };
}

/** Counts the triplets of a window of five bytes. @returns the checksum */
function fill(bytes: Uint8Array, counts: Uint32Array): number {
  const table = new Uint8Array(permutation);
  const salted = [0, 2, 3, 5, 7, 11, 13].map(salt => table[salt] ?? 0);
  const [s0 = 0, s2 = 0, s3 = 0, s5 = 0, s7 = 0, s11 = 0, s13 = 0] = salted;
  const hash = (salt: number, a: number, b: number, c: number): number =>
    table[(table[(table[salt ^ a] ?? 0) ^ b] ?? 0) ^ c] ?? 0;
  const count = (bucket: number): void => {
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  };
  let checksum = 0;
  for (let at = 4; at < bytes.length; at += 1) {
    const a = bytes[at] ?? 0;
    const b = bytes[at - 1] ?? 0;
    const c = bytes[at - 2] ?? 0;
    const d = bytes[at - 3] ?? 0;
    const e = bytes[at - 4] ?? 0;
    checksum = hash(s0, a, b, checksum);
    count(hash(s2, a, b, c));
    count(hash(s3, a, b, d));
    count(hash(s5, a, c, d));
    count(hash(s7, a, c, e));
    count(hash(s11, a, b, e));
    count(hash(s13, a, d, e));
  }
  return checksum;
}

/** The logarithm of a length, in steps that grow finer (section 4.2 of the paper). */
function lengthClass(length: number): number {
  const natural = Math.log(Math.fround(length));
  if (length <= 656) return Math.floor(natural / 0.4054651) & 0xff;
  if (length <= 3_199) return Math.floor(natural / 0.26236426 - 8.72777) & 0xff;
  return Math.floor(natural / 0.09531018 - 62.5472) & 0xff;
}

/** As text: 70 hexadecimal digits, upper case. */
export function tlshText({ checksum, length, q1, q2, code }: Tlsh): string {
  const swapped = (byte: number): number => ((byte & 0xf) << 4) | (byte >> 4);
  const head = Buffer.from([swapped(checksum), swapped(length), (q1 << 4) | q2]);
  return Buffer.concat([head, Buffer.from(code).reverse()])
    .toString('hex')
    .toUpperCase();
}

/** Reads a digest in text, with or without the version mark `T1`; undefined when it is none. */
export function readTlsh(text: string): Tlsh | undefined {
  const digits = text.startsWith('T1') ? text.slice(2) : text;
  if (!/^[0-9A-Fa-f]{70}$/.test(digits)) return undefined;
  const bytes = Buffer.from(digits, 'hex');
  const [checksum = 0, length = 0, quartiles = 0] = bytes;
  const swapped = (byte: number): number => ((byte & 0xf) << 4) | (byte >> 4);
  return {
    checksum: swapped(checksum),
    length: swapped(length),
    q1: quartiles >> 4,
    q2: quartiles & 0xf,
    code: new Uint8Array(bytes.subarray(3, digestBytes)).reverse(),
  };
}

/** How far two digests are apart: 0 for the same content, below 30 for very similar ones. */
export function tlshDistance(a: Tlsh, b: Tlsh): number {
  const length = around(a.length, b.length, 256);
  let distance = length <= 1 ? length : length * 12;
  for (const quartile of [around(a.q1, b.q1, 16), around(a.q2, b.q2, 16)])
    distance += quartile <= 1 ? quartile : (quartile - 1) * 12;
  if (a.checksum !== b.checksum) distance += 1;
  for (let at = 0; at < codeBytes; at += 1) distance += pairDistance(a.code[at] ?? 0, b.code[at] ?? 0);
  return distance;
}

function around(a: number, b: number, range: number): number {
  const distance = Math.abs(a - b);
  return Math.min(distance, range - distance);
}

function pairDistance(a: number, b: number): number {
  if (a === b) return 0;
  let distance = 0;
  for (let shift = 0; shift < 8; shift += 2) {
    const step = Math.abs(((a >> shift) & 3) - ((b >> shift) & 3));
    distance += step === 3 ? 6 : step;
  }
  return distance;
}
