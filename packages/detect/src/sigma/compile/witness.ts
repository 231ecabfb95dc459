/**
 * What must be true of an event before a rule can match it, in terms that an index can answer. A witness is
 * necessary, never sufficient: the rule itself decides.
 */
import type { Expression, Item, Test } from '../ast.ts';
import type { FieldResolver, FieldSource } from '../event.ts';
import { fold } from '../match/fold.ts';
import { requiredLiterals } from '../match/regex.ts';

/** One thing to look for. `text` is folded. */
export type Clue =
  | { readonly kind: 'exact' | 'name' | 'literal'; readonly source: FieldSource; readonly text: string }
  | { readonly kind: 'present'; readonly source: FieldSource };

/** At least one of the clues is there whenever the rule matches. Lower cost: more selective, cheaper to ask. */
export interface Witness {
  readonly clues: readonly Clue[];
  readonly cost: number;
}

/** Characters of a literal that are looked for; the end of it tells more than the beginning, mostly. */
const literalLength = 16;
/** Cost by the length of a literal: a single character, such as the slash of a path, stands in nearly every value. */
const literalCosts = [50, 45, 30, 12, 6, 6, 3];
/** Cost of asking for a field that no other rule asks for yet. */
const newFieldCost = 8;

/** The part of a path after its last separator. */
export function baseName(text: string): string {
  return text.slice(Math.max(text.lastIndexOf('/'), text.lastIndexOf('\\')) + 1);
}

/** What the choice of a witness depends on besides the rule itself. */
export interface WitnessContext {
  readonly resolve: FieldResolver;
  /** Keys of the fields that are asked for anyway. */
  readonly asked: ReadonlySet<string>;
  /**
   * In how many rules a text stands, by `clueKey`. What many rules name (a shell, `svchost.exe`) many events have
   * too: such a name would call for all those rules, a literal beside it for few.
   */
  readonly popularity: ReadonlyMap<string, number>;
}

/** What is equal for equal clues. */
function clueKey(clue: Clue): string {
  return clue.kind === 'present' ? clue.source.key : `${clue.kind}\0${clue.source.key}\0${clue.text}`;
}

/** Counts in how many of the rules each name or whole value stands. */
export function popularityOf(
  expressions: readonly Expression[],
  resolve: FieldResolver,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const expression of expressions) {
    const keys = new Set<string>();
    collectKeys(expression, resolve, keys);
    for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function collectKeys(expression: Expression, resolve: FieldResolver, keys: Set<string>): void {
  if (expression.type === 'not') return;
  if (expression.type !== 'item') {
    for (const operand of expression.operands) collectKeys(operand, resolve, keys);
    return;
  }
  const { item } = expression;
  if (item.negated || item.field === undefined) return;
  const source = resolve(item.field);
  for (const test of item.alternatives.flat()) {
    if (test.type !== 'glob') continue;
    for (const clue of witnessOfTest(test, source)?.clues ?? [])
      if (clue.kind === 'exact' || clue.kind === 'name') keys.add(clueKey(clue));
  }
}

/**
 * The best witness of an expression.
 * @returns undefined when the rule must run on every event
 */
export function witnessOf(expression: Expression, context: WitnessContext): Witness | undefined {
  switch (expression.type) {
    case 'not':
      return undefined;
    case 'and':
      return cheapest(expression.operands.map(operand => witnessOf(operand, context)));
    case 'or':
      return union(expression.operands.map(operand => witnessOf(operand, context)));
    case 'item':
      return witnessOfItem(expression.item, context);
  }
}

function cheapest(witnesses: readonly (Witness | undefined)[]): Witness | undefined {
  let best: Witness | undefined;
  for (const witness of witnesses)
    if (witness !== undefined && (best === undefined || witness.cost < best.cost)) best = witness;
  return best;
}

function union(witnesses: readonly (Witness | undefined)[]): Witness | undefined {
  const clues: Clue[] = [];
  let cost = 0;
  for (const witness of witnesses) {
    if (witness === undefined) return undefined;
    clues.push(...witness.clues);
    // The least selective part decides; the number of parts matters little.
    cost = Math.max(cost, witness.cost);
  }
  return { clues, cost: cost + Math.log2(clues.length + 1) };
}

function witnessOfItem(item: Item, context: WitnessContext): Witness | undefined {
  if (item.negated || item.field === undefined) return undefined;
  const { asked } = context;
  const source = context.resolve(item.field);
  const groups = item.alternatives.map(tests =>
    union(tests.map(test => byPopularity(witnessOfTest(test, source), context))),
  );
  const witness = item.linking === 'all' ? cheapest(groups) : union(groups);
  if (witness === undefined || asked.has(source.key)) return witness;
  return { ...witness, cost: witness.cost + newFieldCost };
}

/** The witness of a single test, dearer by how many rules ask for the same. */
function byPopularity(witness: Witness | undefined, { popularity }: WitnessContext): Witness | undefined {
  const [clue] = witness?.clues ?? [];
  if (witness === undefined || clue === undefined) return witness;
  const count = popularity.get(clueKey(clue)) ?? 1;
  return count === 1 ? witness : { ...witness, cost: witness.cost + Math.log2(count) };
}

function witnessOfTest(test: Test, source: FieldSource): Witness | undefined {
  switch (test.type) {
    case 'null':
      return undefined;
    case 'exists':
      return test.expected ? present(source) : undefined;
    case 'glob': {
      const last = test.glob.at(-1);
      if (test.glob.length === 0) return { clues: [{ kind: 'exact', source, text: '' }], cost: 10 };
      if (test.glob.length === 1 && typeof last === 'string') {
        const text = fold(last);
        return { clues: [{ kind: 'exact', source, text }], cost: exactCost(text) };
      }
      const name = typeof last === 'string' && /[/\\]/.test(last) ? baseName(fold(last)) : '';
      if (name !== '') return { clues: [{ kind: 'name', source, text: name }], cost: 2 };
      const literals = test.glob.filter(piece => typeof piece === 'string');
      return literalWitness([fold(longest(literals))], source);
    }
    case 'regex':
      return literalWitness(requiredLiterals(test.source, test.flags) ?? [''], source);
    default:
      return present(source);
  }
}

function longest(texts: readonly string[]): string {
  return texts.reduce((best, text) => (text.length > best.length ? text : best), '');
}

function literalWitness(literals: readonly string[], source: FieldSource): Witness {
  const shortest = Math.min(...literals.map(literal => literal.length));
  if (shortest === 0) return present(source);
  return {
    clues: literals.map(text => ({ kind: 'literal', source, text: text.slice(-literalLength) })),
    cost: literalCosts[Math.min(shortest, literalCosts.length - 1)] ?? 0,
  };
}

function present(source: FieldSource): Witness {
  return { clues: [{ kind: 'present', source }], cost: 50 };
}

/** Numbers, truth values and very short texts are shared by many events. */
function exactCost(text: string): number {
  if (text.length <= 2 || text === 'true' || text === 'false') return 20;
  return /^\d+$/.test(text) ? 8 : 1;
}
