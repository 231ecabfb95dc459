/** Statistics over bytes that all kinds of files share. */

/** Shannon entropy of bytes, bits a byte (0 to 8); of long ones a sample of evenly spread blocks. */
export function entropyOf(bytes: Buffer): number {
  return entropyOfCounts(countsOf(bytes));
}

const block = 4_096;
const mostBlocks = 512;

function countsOf(bytes: Buffer): Uint32Array {
  const counts = new Uint32Array(256);
  for (const [from, to] of blocksOf(bytes.length)) {
    for (let at = from; at < to; at += 1)
      counts[bytes[at] as number] = (counts[bytes[at] as number] ?? 0) + 1;
  }
  return counts;
}

/** Blocks that stand for all: every one of a short content, evenly spread ones of a long content. */
function* blocksOf(length: number): Generator<readonly [number, number]> {
  const blocks = Math.ceil(length / block);
  const step = Math.max(1, blocks / mostBlocks);
  for (let index = 0; index < blocks; index += step) {
    const from = Math.floor(index) * block;
    yield [from, Math.min(from + block, length)];
  }
}

function entropyOfCounts(counts: Uint32Array): number {
  let total = 0;
  for (const count of counts) total += count;
  let bits = 0;
  for (const count of counts) if (count > 0) bits -= (count / total) * Math.log2(count / total);
  return bits;
}

/** Share of 4 KiB blocks (0 to 1) that are as mixed as encrypted or compressed ones. */
export function denseShare(bytes: Buffer): number {
  let dense = 0;
  let all = 0;
  for (const [from, to] of blocksOf(bytes.length)) {
    if (to - from < 1_024) continue;
    all += 1;
    // A random block of 4 KiB has 7.95 bits a byte on average, machine code hardly ever more than 7.
    if (entropyOf(bytes.subarray(from, to)) > 7.6) dense += 1;
  }
  return all === 0 ? 0 : dense / all;
}

/** Share of bytes (0 to 1) that stand in printable runs of six or more. */
export function textShare(bytes: Buffer): number {
  let inRuns = 0;
  let all = 0;
  for (const [from, to] of blocksOf(bytes.length)) {
    let run = 0;
    for (let at = from; at <= to; at += 1) {
      const byte = at < to ? (bytes[at] as number) : 0;
      if (byte >= 32 && byte < 127) run += 1;
      else {
        if (run >= 6) inRuns += run;
        run = 0;
      }
    }
    all += to - from;
  }
  return all === 0 ? 0 : inRuns / all;
}

/** A size on a scale on which doubling is one step. */
export function scale(size: number): number {
  return Math.log2(1 + Math.max(0, size));
}
