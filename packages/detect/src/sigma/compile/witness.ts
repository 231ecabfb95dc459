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
/** Cost of asking for a field that no other rule asks for yet. */
const newFieldCost = 8;

/** The part of a path after its last separator. */
export function baseName(text: string): string {
  return text.slice(Math.max(text.lastIndexOf('/'), text.lastIndexOf('\\')) + 1);
}

/**
 * The best witness of an expression.
 * @param asked keys of the fields that are asked for anyway
 * @returns undefined when the rule must run on every event
 */
export function witnessOf(
  expression: Expression,
  resolve: FieldResolver,
  asked: ReadonlySet<string>,
): Witness | undefined {
  switch (expression.type) {
    case 'not':
      return undefined;
    case 'and':
      return cheapest(expression.operands.map(operand => witnessOf(operand, resolve, asked)));
    case 'or':
      return union(expression.operands.map(operand => witnessOf(operand, resolve, asked)));
    case 'item':
      return witnessOfItem(expression.item, resolve, asked);
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

function witnessOfItem(item: Item, resolve: FieldResolver, asked: ReadonlySet<string>): Witness | undefined {
  if (item.negated || item.field === undefined) return undefined;
  const source = resolve(item.field);
  const groups = item.alternatives.map(tests => union(tests.map(test => witnessOfTest(test, source))));
  const witness = item.linking === 'all' ? cheapest(groups) : union(groups);
  if (witness === undefined || asked.has(source.key)) return witness;
  return { ...witness, cost: witness.cost + newFieldCost };
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
    cost: shortest >= 6 ? 3 : shortest >= 4 ? 6 : shortest === 3 ? 12 : 30,
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
