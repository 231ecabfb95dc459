/**
 * The compiled engine: every rule stands behind one witness, fields are fetched and folded once an event, and
 * only rules whose witness shows up are run.
 */
import type { Rule } from '../ast.ts';
import type { EventReader, FieldResolver } from '../event.ts';
import type { Matcher } from '../matcher.ts';
import { EventValues } from './event-values.ts';
import { FieldIndex } from './index-of-field.ts';
import { type Predicate, PredicateCompiler } from './predicate.ts';
import { popularityOf, witnessOf } from './witness.ts';

/** What a rule cost and gave so far. */
export interface RuleStatistics {
  readonly rule: Rule;
  /** Times its conditions were worked out; events that its witness ruled out are not counted. */
  readonly evaluations: number;
  readonly hits: number;
  /** Milliseconds, estimated from every 256th evaluation without the slowest: that one is mostly a pause of the process. */
  readonly milliseconds: number;
}

const sampling = 256;
const nothing: readonly Rule[] = [];

/** Rules compiled for the events of one kind or log source. */
export class CompiledMatcher implements Matcher {
  readonly #rules: readonly Rule[];
  readonly #predicates: readonly Predicate[];
  readonly #values = new EventValues();
  readonly #indexes: readonly FieldIndex[];
  /** Rules without a witness. */
  readonly #always: readonly number[];
  readonly #calledAt: Uint32Array;
  readonly #called: Int32Array;
  readonly #evaluations: Float64Array;
  readonly #hits: Float64Array;
  /** Of the evaluations that were timed: how many, their milliseconds, and those of the slowest. */
  readonly #samples: Float64Array;
  readonly #sampled: Float64Array;
  readonly #slowest: Float64Array;
  readonly #call: (rule: number) => void;
  #calls = 0;
  #generation = 0;
  #sample = 0;

  constructor(rules: readonly Rule[], resolve: FieldResolver) {
    this.#rules = rules;
    const compiler = new PredicateCompiler(this.#values, resolve);
    this.#predicates = rules.map(rule => compiler.compile(rule.expression));
    const indexes = new Map<string, FieldIndex>();
    const asked = new Set<string>();
    const popularity = popularityOf(
      rules.map(({ expression }) => expression),
      resolve,
    );
    const always: number[] = [];
    for (const [number, rule] of rules.entries()) {
      const witness = witnessOf(rule.expression, { resolve, asked, popularity });
      if (witness === undefined) always.push(number);
      for (const clue of witness?.clues ?? []) {
        asked.add(clue.source.key);
        let index = indexes.get(clue.source.key);
        if (index === undefined) {
          index = new FieldIndex(this.#values.slotOf(clue.source));
          indexes.set(clue.source.key, index);
        }
        index.add(clue, number);
      }
    }
    for (const index of indexes.values()) index.build();
    this.#indexes = [...indexes.values()];
    this.#always = always;
    this.#calledAt = new Uint32Array(rules.length);
    this.#called = new Int32Array(rules.length);
    this.#evaluations = new Float64Array(rules.length);
    this.#hits = new Float64Array(rules.length);
    this.#samples = new Float64Array(rules.length);
    this.#sampled = new Float64Array(rules.length);
    this.#slowest = new Float64Array(rules.length);
    this.#call = number => {
      if (this.#calledAt[number] === this.#generation) return;
      this.#calledAt[number] = this.#generation;
      this.#called[this.#calls++] = number;
    };
  }

  match(event: EventReader): readonly Rule[] {
    this.#generation = (this.#generation + 1) >>> 0;
    if (this.#generation === 0) {
      this.#calledAt.fill(0);
      this.#generation = 1;
    }
    this.#calls = 0;
    this.#values.begin(event);
    for (const index of this.#indexes) index.probe(this.#values, this.#call);
    for (const number of this.#always) this.#call(number);
    const matched = this.#calls === 0 ? nothing : this.#run();
    this.#values.end();
    return matched;
  }

  #run(): readonly Rule[] {
    let matched: number[] | undefined;
    for (let index = 0; index < this.#calls; index++) {
      const number = this.#called[index] as number;
      if (!this.#holds(number)) continue;
      if (matched === undefined) matched = [number];
      else matched.push(number);
    }
    if (matched === undefined) return nothing;
    return matched.sort((a, b) => a - b).map(number => this.#rules[number] as Rule);
  }

  #holds(number: number): boolean {
    const predicate = this.#predicates[number] as Predicate;
    this.#evaluations[number] = (this.#evaluations[number] as number) + 1;
    let holds: boolean;
    if (++this.#sample >= sampling) {
      this.#sample = 0;
      const start = performance.now();
      holds = predicate();
      const taken = performance.now() - start;
      this.#samples[number] = (this.#samples[number] as number) + 1;
      this.#sampled[number] = (this.#sampled[number] as number) + taken;
      this.#slowest[number] = Math.max(this.#slowest[number] as number, taken);
    } else holds = predicate();
    if (holds) this.#hits[number] = (this.#hits[number] as number) + 1;
    return holds;
  }

  /** What each rule cost and gave so far. */
  statistics(): RuleStatistics[] {
    return this.#rules.map((rule, number) => ({
      rule,
      evaluations: this.#evaluations[number] ?? 0,
      hits: this.#hits[number] ?? 0,
      milliseconds: this.#millisecondsOf(number),
    }));
  }

  #millisecondsOf(number: number): number {
    const samples = this.#samples[number] as number;
    if (samples === 0) return 0;
    const others = samples > 1 ? (this.#sampled[number] as number) - (this.#slowest[number] as number) : 0;
    const each = samples > 1 ? others / (samples - 1) : (this.#sampled[number] as number);
    return each * (this.#evaluations[number] as number);
  }

  /** How the rules are indexed: fields asked for, rules that run on every event, bytes of the automata. */
  get shape(): { fields: number; always: number; bytes: number } {
    const bytes = this.#indexes.reduce((sum, index) => sum + index.size, 0);
    return { fields: this.#indexes.length, always: this.#always.length, bytes };
  }
}

/** Compiles rules for events whose fields the resolver finds. */
export function compileMatcher(rules: readonly Rule[], resolve: FieldResolver): CompiledMatcher {
  return new CompiledMatcher(rules, resolve);
}
