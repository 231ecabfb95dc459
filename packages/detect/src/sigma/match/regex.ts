/**
 * Regular expressions that no text can make slow.
 *
 * RE2 semantics, always. A pattern whose worst case in the backtracking engine of JavaScript can be bounded
 * runs there, on texts short enough for the bound to stay small: it is many times faster. Everything else runs
 * in RE2's linear-time engine.
 */
import { RE2JS } from 're2js';
import { fold } from './fold.ts';
import { nativeSource, type ReadRegex, type RegexNode, readRegex } from './regex-syntax.ts';

/** Characters a pattern. */
const lengthLimit = 8_192;
/** RE2's own measure of a compiled pattern. */
const programLimit = 20_000;
/** Steps that the backtracking engine may take in the worst case (about 2 ms). */
const stepLimit = 1_000_000;

function re2(source: string, flags: string): RE2JS {
  let bits = 0;
  if (flags.includes('i')) bits |= RE2JS.CASE_INSENSITIVE;
  if (flags.includes('m')) bits |= RE2JS.MULTILINE;
  if (flags.includes('s')) bits |= RE2JS.DOTALL;
  return RE2JS.compile(source, bits);
}

/** Instructions of a pattern that needs no check by RE2; its own limit of a repetition is 1,000. */
const smallProgram = 1_000;

/** About how many instructions a pattern compiles to, repetitions written out. */
function instructionsOf(node: RegexNode): number {
  switch (node.type) {
    case 'sequence':
    case 'choice':
      return node.nodes.reduce((sum, inner) => sum + instructionsOf(inner) + 1, 1);
    case 'repeat':
      return (
        instructionsOf(node.node) * (Number.isFinite(node.most) ? Math.max(node.most, 1) : node.least + 1) + 1
      );
    default:
      return 1;
  }
}

/** Why a pattern cannot be honoured; undefined when it can. */
export function checkRegex(source: string, flags: string): string | undefined {
  if (source.length > lengthLimit) return `has more than ${lengthLimit} characters`;
  const read = readRegex(source, flags);
  // RE2 takes every such pattern; compiling it only to see that costs more memory than all else about a rule.
  if (read !== undefined && instructionsOf(read.root) <= smallProgram) return undefined;
  try {
    const size = re2(source, flags).programSize();
    return size > programLimit
      ? `is too large when compiled (${size} of at most ${programLimit})`
      : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A test that searches a text by RE2 alone. @throws when `checkRegex` would refuse the pattern */
export function linearRegex(source: string, flags: string): (text: string) => boolean {
  const compiled = re2(source, flags);
  return text => compiled.test(text);
}

/** V8 can miss a match that ends in a character beyond the first plane: /[^x]$/u on one such character. */
const surrogate = /[\ud800-\udfff]/;

/** The same test, by the faster engine wherever its worst case is bounded. */
export function fastRegex(source: string, flags: string): (text: string) => boolean {
  const read = readRegex(source, flags);
  if (read === undefined) return linearRegex(source, flags);
  const longest = longestSafeText(read.root);
  if (longest === 0) return linearRegex(source, flags);
  const native = new RegExp(nativeSource(read.root), read.flags);
  let linear: ((text: string) => boolean) | undefined;
  return text => {
    if (text.length <= longest && !surrogate.test(text)) return native.test(text);
    linear ??= linearRegex(source, flags);
    return linear(text);
  };
}

/** Worst case of matching a node at one place: `ways * length ** power` steps. */
interface Cost {
  readonly ways: number;
  readonly power: number;
}

/** How long a text may be for the backtracking engine to stay within `stepLimit`; 0 when it never may. */
export function longestSafeText(root: RegexNode): number {
  const cost = costOf(root);
  if (cost === undefined) return 0;
  const power = cost.power + (isAnchored(root) ? 0 : 1);
  if (power === 0) return 1_000_000;
  return Math.floor(Math.min((stepLimit / cost.ways) ** (1 / power), 1_000_000));
}

function isAnchored(node: RegexNode): boolean {
  if (node.type === 'assertion') return node.start;
  return node.type === 'sequence' && node.nodes[0] !== undefined && isAnchored(node.nodes[0]);
}

function costOf(node: RegexNode): Cost | undefined {
  switch (node.type) {
    case 'char':
    case 'set':
    case 'assertion':
      return { ways: 1, power: 0 };
    case 'sequence':
      return combine(
        node.nodes,
        (a, b) => ({ ways: a.ways * b.ways, power: a.power + b.power }),
        node.nodes.length,
      );
    case 'choice':
      return combine(node.nodes, (a, b) => ({ ways: a.ways + b.ways, power: Math.max(a.power, b.power) }), 0);
    case 'repeat': {
      const inner = costOf(node.node);
      // A repetition of something that itself has a choice of ways is where exponents come from.
      if (inner === undefined || inner.power > 0 || inner.ways > sizeOf(node.node)) return undefined;
      if (node.most <= 64)
        return { ways: inner.ways * (node.most - node.least + 1) * Math.max(node.most, 1), power: 0 };
      return { ways: inner.ways, power: 1 };
    }
  }
}

function combine(
  nodes: readonly RegexNode[],
  join: (a: Cost, b: Cost) => Cost,
  constant: number,
): Cost | undefined {
  let total: Cost | undefined;
  for (const node of nodes) {
    const cost = costOf(node);
    if (cost === undefined) return undefined;
    total = total === undefined ? cost : join(total, cost);
  }
  const { ways, power } = total ?? { ways: 1, power: 0 };
  return { ways: ways * Math.max(constant, 1), power };
}

/** What a sequence of plain characters costs; a node that costs more has a choice of ways. */
function sizeOf(node: RegexNode): number {
  return node.type === 'sequence' ? Math.max(node.nodes.length, 1) : 1;
}

/** The shortest literal worth looking for. */
const shortestLiteral = 3;

/**
 * Texts of which at least one stands, folded, in every folded text that the pattern matches.
 * @returns undefined when there are none worth looking for
 */
export function requiredLiterals(source: string, flags: string): readonly string[] | undefined {
  const read = readRegex(source, flags);
  return read === undefined ? undefined : literalsOf(read.root, read);
}

function literalsOf(node: RegexNode, read: ReadRegex): readonly string[] | undefined {
  switch (node.type) {
    case 'sequence':
      return best([...runsOf(node.nodes, read), ...node.nodes.map(inner => literalsOf(inner, read))]);
    case 'choice': {
      const each = node.nodes.map(inner => literalsOf(inner, read));
      const all = each.flatMap(literals => literals ?? []);
      return each.includes(undefined) || all.length > 64 ? undefined : all;
    }
    case 'repeat':
      return node.least > 0 ? literalsOf(node.node, read) : undefined;
    default:
      return undefined;
  }
}

/** The longest run of plain characters of a sequence. */
function runsOf(nodes: readonly RegexNode[], read: ReadRegex): (readonly string[])[] {
  const runs = [''];
  for (const node of nodes) {
    // Beyond ASCII the foldings of RE2 and of `fold` need not agree.
    const plain = node.type === 'char' && (!read.insensitive || node.char < '\x80');
    if (plain) runs[runs.length - 1] += node.char;
    else runs.push('');
  }
  return runs.filter(run => run.length >= shortestLiteral).map(run => [fold(run)]);
}

function best(candidates: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
  const shortest = (literals: readonly string[]): number =>
    Math.min(...literals.map(literal => literal.length));
  let chosen: readonly string[] | undefined;
  for (const literals of candidates) {
    if (literals === undefined) continue;
    if (chosen === undefined || shortest(literals) > shortest(chosen)) chosen = literals;
  }
  return chosen;
}
