/** Sets of event kinds as bit strings. Bit numbers are given out per database, so kinds may come and go. */

/** The bit string of a set: bit `n` of byte `n >> 3` stands for kind number `n`. */
export function packKinds(numbers: Iterable<number>): Uint8Array {
  const list = [...numbers];
  const packed = new Uint8Array(list.length === 0 ? 0 : (Math.max(...list) >> 3) + 1);
  for (const number of list) packed[number >> 3] = (packed[number >> 3] ?? 0) | (1 << (number & 7));
  return packed;
}

/** Whether two bit strings share a kind. */
export function kindsMeet(one: Uint8Array, other: Uint8Array): boolean {
  const length = Math.min(one.length, other.length);
  for (let index = 0; index < length; index += 1) {
    if (((one[index] ?? 0) & (other[index] ?? 0)) !== 0) return true;
  }
  return false;
}
