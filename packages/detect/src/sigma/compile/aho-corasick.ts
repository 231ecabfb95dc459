/**
 * Many literals looked for in one pass over a text (Aho and Corasick, 1975), as a complete automaton in one
 * array of integers: a character costs one look-up in a table.
 */

const asciiLimit = 128;

/** A compiled set of literals. */
export class LiteralAutomaton {
  /** Class of every ASCII character; 0 is for those that stand in no literal. */
  readonly #ascii = new Uint16Array(asciiLimit);
  /** Class of every other UTF-16 unit that stands in a literal. */
  readonly #others = new Map<number, number>();
  /** Row of a state plus class → row of the next state, negative when literals end there. */
  readonly #next: Int32Array;
  readonly #width: number;
  /** By state: where its outputs begin; one entry more than states. */
  readonly #outputStart: Int32Array;
  readonly #outputs: Int32Array;

  /** @param literals text and the numbers that it stands for; texts must not be empty */
  constructor(literals: ReadonlyMap<string, readonly number[]>) {
    let width = 1;
    for (const literal of literals.keys()) {
      for (let index = 0; index < literal.length; index++) {
        const unit = literal.charCodeAt(index);
        if (this.#classOf(unit) !== 0) continue;
        if (unit < asciiLimit) this.#ascii[unit] = width++;
        else this.#others.set(unit, width++);
      }
    }
    const trie = buildTrie(literals, unit => this.#classOf(unit), width);
    this.#width = width;
    const { next, outputs } = complete(trie, width);
    this.#outputStart = new Int32Array(outputs.length + 1);
    for (const [state, list] of outputs.entries())
      this.#outputStart[state + 1] = (this.#outputStart[state] ?? 0) + list.length;
    this.#outputs = Int32Array.from(outputs.flat());
    for (let index = 0; index < next.length; index++) {
      const state = next[index] ?? 0;
      next[index] = (outputs[state]?.length ?? 0) > 0 ? -state * width : state * width;
    }
    this.#next = next;
  }

  /** Bytes of its tables. */
  get size(): number {
    return this.#next.byteLength + this.#outputs.byteLength + this.#outputStart.byteLength;
  }

  /** Calls `found` with the number of each literal that stands in the text; the same number may come twice. */
  scan(text: string, found: (number: number) => void): void {
    const ascii = this.#ascii;
    const next = this.#next;
    let row = 0;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      // Every index is inside its table by construction.
      row = next[
        row + (unit < asciiLimit ? (ascii[unit] as number) : (this.#others.get(unit) ?? 0))
      ] as number;
      if (row < 0) {
        row = -row;
        this.#report(row / this.#width, found);
      }
    }
  }

  #classOf(unit: number): number {
    return unit < asciiLimit ? (this.#ascii[unit] as number) : (this.#others.get(unit) ?? 0);
  }

  #report(state: number, found: (number: number) => void): void {
    const end = this.#outputStart[state + 1] as number;
    for (let index = this.#outputStart[state] as number; index < end; index++)
      found(this.#outputs[index] as number);
  }
}

interface Trie {
  /** Rows of `width` children; 0 is none, for no state leads back to the root. */
  readonly children: number[];
  readonly outputs: number[][];
}

function buildTrie(
  literals: ReadonlyMap<string, readonly number[]>,
  classOf: (unit: number) => number,
  width: number,
): Trie {
  const children: number[] = new Array<number>(width).fill(0);
  const outputs: number[][] = [[]];
  for (const [literal, numbers] of literals) {
    let state = 0;
    for (let index = 0; index < literal.length; index++) {
      const at = state * width + classOf(literal.charCodeAt(index));
      let child = children[at] ?? 0;
      if (child === 0) {
        child = outputs.push([]) - 1;
        children[at] = child;
        for (let column = 0; column < width; column++) children.push(0);
      }
      state = child;
    }
    outputs[state]?.push(...numbers);
  }
  return { children, outputs };
}

/** Adds the transitions that a mismatch takes, breadth first, and the outputs of every suffix. */
function complete(trie: Trie, width: number): { next: Int32Array; outputs: number[][] } {
  const next = Int32Array.from(trie.children);
  const { outputs } = trie;
  const fallback = new Int32Array(outputs.length);
  const queue: number[] = [];
  for (let column = 0; column < width; column++) if ((next[column] ?? 0) !== 0) queue.push(next[column] ?? 0);
  for (let head = 0; head < queue.length; head++) {
    const state = queue[head] ?? 0;
    const back = fallback[state] ?? 0;
    outputs[state] = [...new Set([...(outputs[state] ?? []), ...(outputs[back] ?? [])])];
    for (let column = 0; column < width; column++) {
      const at = state * width + column;
      const child = next[at] ?? 0;
      const onMismatch = next[back * width + column] ?? 0;
      if (child === 0) next[at] = onMismatch;
      else {
        fallback[child] = onMismatch;
        queue.push(child);
      }
    }
  }
  return { next, outputs };
}
