/** Which rules a field's value calls for. */

import { LiteralAutomaton } from './aho-corasick.ts';
import type { EventValues } from './event-values.ts';
import { baseName, type Clue } from './witness.ts';

/** Collects the clues about one field, then answers for each event. */
export class FieldIndex {
  readonly #slot: number;
  readonly #exact = new Map<string, number[]>();
  readonly #names = new Map<string, number[]>();
  readonly #literals = new Map<string, number[]>();
  readonly #present: number[] = [];
  #automaton: LiteralAutomaton | undefined;

  constructor(slot: number) {
    this.#slot = slot;
  }

  /** Remembers that a rule, by number, is called for by a clue. */
  add(clue: Clue, rule: number): void {
    if (clue.kind === 'present') {
      this.#present.push(rule);
      return;
    }
    const map = { exact: this.#exact, name: this.#names, literal: this.#literals }[clue.kind];
    const rules = map.get(clue.text);
    if (rules === undefined) map.set(clue.text, [rule]);
    else if (rules.at(-1) !== rule) rules.push(rule);
  }

  /** Builds the automaton; call it once, after the last `add`. */
  build(): void {
    if (this.#literals.size > 0) this.#automaton = new LiteralAutomaton(this.#literals);
  }

  /** Bytes of the automaton. */
  get size(): number {
    return this.#automaton?.size ?? 0;
  }

  /** Calls `found` with every rule that the event's value calls for; the same rule may come twice. */
  probe(values: EventValues, found: (rule: number) => void): void {
    const text = values.folded(this.#slot);
    if (text !== undefined) this.#probeText(text, found);
    else for (const one of values.foldedMany(this.#slot)) this.#probeText(one, found);
    if (this.#present.length > 0 && values.raw(this.#slot) !== undefined) {
      for (const rule of this.#present) found(rule);
    }
  }

  #probeText(text: string, found: (rule: number) => void): void {
    if (this.#exact.size > 0) this.#call(this.#exact.get(text), found);
    if (this.#names.size > 0) this.#call(this.#names.get(baseName(text)), found);
    this.#automaton?.scan(text, found);
  }

  #call(rules: readonly number[] | undefined, found: (rule: number) => void): void {
    if (rules !== undefined) for (const rule of rules) found(rule);
  }
}
