/** How many different things there were, in 256 bytes: HyperLogLog (Flajolet and others, 2007). */
const registers = 256;
const alpha = 0.7213 / (1 + 1.079 / registers);

/** Counts different texts; the error is about 6.5 % (1.04 / √256). */
export class DistinctCount {
  readonly #ranks = new Uint8Array(registers);

  add(text: string): void {
    const hash = hashOf(text);
    const slot = hash & (registers - 1);
    const rank = Math.clz32(hash >>> 8) - 8 + 1;
    if (rank > (this.#ranks[slot] as number)) this.#ranks[slot] = rank;
  }

  /** About how many there were; exact enough from the first on (linear counting of few). */
  estimate(): number {
    let sum = 0;
    let empty = 0;
    for (const rank of this.#ranks) {
      sum += 2 ** -rank;
      if (rank === 0) empty++;
    }
    const raw = (alpha * registers * registers) / sum;
    return raw <= 2.5 * registers && empty > 0 ? registers * Math.log(registers / empty) : raw;
  }
}

/** 32 bits: FNV-1a, mixed as in MurmurHash3. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
