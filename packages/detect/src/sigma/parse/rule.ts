/** Sigma rules and filters. */
import type { Expression, Filter, Header, Place, Rule } from '../ast.ts';
import { type Problem, RuleError } from '../problem.ts';
import { parseCondition } from './condition.ts';
import { parseSelection } from './detection.ts';
import { child, mapAt, parseLogSource, placeOf, textsAt } from './header.ts';
import type { Placeholders } from './placeholders.ts';
import type { MapNode } from './yaml.ts';

/** Receives what is doubtful about a rule that is taken all the same. */
export type Warn = (warning: Problem) => void;

function warning(header: Header, reason: string, place: Place): Problem {
  return { severity: 'warning', rule: header.title, reason, place };
}

function parseSelections(
  map: MapNode,
  besides: readonly string[],
  placeholders: Placeholders,
): Map<string, Expression> {
  const selections = new Map<string, Expression>();
  for (const [name, entry] of map.entries) {
    if (!besides.includes(name)) selections.set(name, parseSelection(name, entry.node, placeholders));
  }
  if (selections.size === 0) throw new RuleError('there is no search identifier', map.place);
  return selections;
}

/** Reads a detection rule. @throws RuleError */
export function parseRule(root: MapNode, header: Header, placeholders: Placeholders, warn: Warn): Rule {
  const detection = mapAt(root, 'detection');
  if (child(detection, 'timeframe') !== undefined) {
    throw new RuleError(
      '"timeframe" was replaced by correlation rules in Sigma 2',
      placeOf(detection, 'timeframe'),
    );
  }
  const selections = parseSelections(detection, ['condition'], placeholders);
  const conditions = textsAt(detection, 'condition');
  const place = placeOf(detection, 'condition');
  if (conditions.length === 0) throw new RuleError('"condition" is missing', detection.place);
  const used = new Set<string>();
  const operands = conditions.map(text => parseCondition(text, selections, place, used));
  for (const name of selections.keys()) {
    if (!used.has(name)) {
      warn(warning(header, `search identifier "${name}" is used by no condition`, placeOf(detection, name)));
    }
  }
  const [first] = operands;
  return {
    ...header,
    type: 'rule',
    logsource: parseLogSource(root),
    expression: operands.length === 1 && first !== undefined ? first : { type: 'or', operands },
    fields: textsAt(root, 'fields'),
  };
}

/**
 * Reads a filter document.
 *
 * The specification's text and its reference implementation disagree on what a filter's condition says. Here a
 * condition of which every part is negated (`not selection`) says what must hold, and one of which no part is
 * (`selection`) says what to suppress: both give what their author saw elsewhere. A mixture is refused.
 * @throws RuleError
 */
export function parseFilter(root: MapNode, header: Header, placeholders: Placeholders, warn: Warn): Filter {
  const map = mapAt(root, 'filter');
  const selections = parseSelections(map, ['condition', 'rules'], placeholders);
  const [condition, ...more] = textsAt(map, 'condition');
  const place = placeOf(map, 'condition');
  if (condition === undefined || more.length > 0)
    throw new RuleError('a filter needs exactly one condition', place);
  const written = parseCondition(condition, selections, place);
  const polarity = polarityOf(written);
  if (polarity === 'mixed') {
    throw new RuleError(
      'the condition of a filter is ambiguous; write "not (…)" around what shall be suppressed',
      place,
    );
  }
  if (polarity === 'suppresses') {
    warn(
      warning(header, 'the filter suppresses what its condition selects; "not" would make that plain', place),
    );
  }
  const references = textsAt(map, 'rules');
  const everyRule =
    references.length === 0 || (references.length === 1 && /^(any|all)$/i.test(references[0] ?? ''));
  if (child(map, 'rules') === undefined) throw new RuleError('"rules" is missing', map.place);
  return {
    ...header,
    type: 'filter',
    logsource: parseLogSource(root),
    rules: everyRule ? undefined : references,
    expression: polarity === 'suppresses' ? { type: 'not', operand: written } : written,
  };
}

function polarityOf(expression: Expression): 'keeps' | 'suppresses' | 'mixed' {
  if (expression.type === 'not') return 'keeps';
  if (expression.type === 'item') return 'suppresses';
  const kinds = new Set(expression.operands.map(polarityOf));
  const [only] = kinds;
  return kinds.size === 1 && only !== undefined ? only : 'mixed';
}
