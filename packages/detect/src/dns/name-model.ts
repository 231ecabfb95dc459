/**
 * How likely a label is as something that a person would register: a Markov model of characters, each after the two
 * before it, learnt from names that people did register. Made by `packages/detect/src/dns/train/main.ts`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Letters, digits, the hyphen, and the edge of a label. */
const symbols = 'abcdefghijklmnopqrstuvwxyz0123456789-^';
const size = symbols.length;
const edge = size - 1;
/** Bits of surprise that one step of a stored byte stands for. */
const step = 1 / 16;

/** The state after a character that is none of ours. */
const symbolOf = new Int8Array(128).fill(-1);
for (let at = 0; at < edge; at++) symbolOf[symbols.charCodeAt(at)] = at;

const modelFile = join(import.meta.dirname, '../../../../content/models/dns-names.bin');

/** A trained model. */
export class NameModel {
  readonly #surprise: Uint8Array;
  /** Mean surprise of a label above which one in 200 lawful labels of its length stands; by length. */
  readonly #limits: readonly number[];

  private constructor(surprise: Uint8Array, limits: readonly number[]) {
    this.#surprise = surprise;
    this.#limits = limits;
  }

  /** @throws Error naming the file when it is damaged */
  static load(path = modelFile): NameModel {
    const bytes = gunzipSync(readFileSync(path));
    const cells = size ** 3;
    const limits = (bytes.length - cells) / 2;
    if (limits !== 64) throw new Error(`${path} is no model of names`);
    return new NameModel(
      Uint8Array.from(bytes.subarray(0, cells)),
      Array.from({ length: limits }, (_, at) => bytes.readUInt16LE(cells + at * 2) / 1000),
    );
  }

  /** Learns from names. @param held labels that were not learnt from, for the limits */
  static train(labels: readonly string[], held: readonly string[]): NameModel {
    const counts = new Float64Array(size ** 3);
    for (const label of labels)
      for (const index of cellsOf(label)) counts[index] = (counts[index] as number) + 1;
    const model = new NameModel(surpriseOf(counts), Array(64).fill(0));
    return new NameModel(
      model.#surprise,
      limitsOf(held, label => model.surprise(label)),
    );
  }

  /** As {@link NameModel.load} reads it, not yet compressed. */
  bytes(): Buffer {
    const tail = Buffer.alloc(128);
    this.#limits.forEach((limit, at) => {
      tail.writeUInt16LE(Math.round(limit * 1000), at * 2);
    });
    return Buffer.concat([this.#surprise, tail]);
  }

  /** Mean surprise of a label, bits a character; about 3 for words, 5 and more for random letters. */
  surprise(label: string): number {
    let sum = 0;
    let steps = 0;
    for (const index of cellsOf(label)) {
      sum += this.#surprise[index] as number;
      steps++;
    }
    return steps === 0 ? 0 : (sum / steps) * step;
  }

  /** What the surprise of a label of this length may be. */
  limit(length: number): number {
    return this.#limits[Math.min(length, 63)] as number;
  }

  /** Whether a label looks made by a program. Short ones never do: too little is known of them. */
  looksGenerated(label: string): boolean {
    return label.length >= 7 && !label.startsWith('xn--') && this.surprise(label) > this.limit(label.length);
  }
}

function* cellsOf(label: string): Generator<number> {
  let [before, last] = [edge, edge];
  for (let at = 0; at <= label.length; at++) {
    const code = label.charCodeAt(at);
    const symbol = at === label.length ? edge : code < 128 ? (symbolOf[code] as number) : -1;
    if (symbol < 0) continue;
    yield (before * size + last) * size + symbol;
    [before, last] = [last, symbol];
  }
}

/** Surprise of each character after two, smoothed by that after one, and that by the character alone (Witten and Bell). */
function surpriseOf(counts: Float64Array): Uint8Array {
  const pair = new Float64Array(size * size);
  const single = new Float64Array(size);
  let all = 0;
  counts.forEach((count, index) => {
    const inPair = index % (size * size);
    pair[inPair] = (pair[inPair] as number) + count;
    single[index % size] = (single[index % size] as number) + count;
    all += count;
  });
  const smoothed = (row: Float64Array, below: (symbol: number) => number): ((symbol: number) => number) => {
    const total = row.reduce((sum, one) => sum + one, 0);
    const kinds = row.filter(one => one > 0).length;
    return symbol =>
      total === 0 ? below(symbol) : ((row[symbol] as number) + kinds * below(symbol)) / (total + kinds);
  };
  const alone = (symbol: number): number => ((single[symbol] as number) + 1) / (all + size);
  const surprise = new Uint8Array(size ** 3);
  for (let last = 0; last < size; last++) {
    const afterOne = smoothed(pair.subarray(last * size, (last + 1) * size), alone);
    for (let before = 0; before < size; before++) {
      const start = (before * size + last) * size;
      const afterTwo = smoothed(counts.subarray(start, start + size), afterOne);
      for (let symbol = 0; symbol < size; symbol++)
        surprise[start + symbol] = Math.min(Math.round(-Math.log2(afterTwo(symbol)) / step), 255);
    }
  }
  return surprise;
}

/** By length, the value that 199 of 200 held labels of about that length stay below. */
function limitsOf(held: readonly string[], surprise: (label: string) => number): number[] {
  return Array.from({ length: 64 }, (_, length) => {
    let found: number[] = [];
    for (let spread = 0; spread < 64 && found.length < 2000; spread++)
      found = held.filter(label => Math.abs(label.length - length) <= spread).map(surprise);
    found.sort((a, b) => a - b);
    return found[Math.min(Math.floor(found.length * 0.995), found.length - 1)] ?? 8;
  });
}
