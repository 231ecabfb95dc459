/** Sigma correlation documents. */
import type { Bound, Correlation, CorrelationType, Header } from '../ast.ts';
import { RuleError } from '../problem.ts';
import { child, mapAt, placeOf, textAt, textsAt } from './header.ts';
import type { MapNode } from './yaml.ts';

const types: readonly string[] = [
  'event_count',
  'value_count',
  'temporal',
  'temporal_ordered',
  'value_sum',
  'value_avg',
  'value_percentile',
  'value_median',
];
const bounds: readonly string[] = ['lt', 'lte', 'gt', 'gte', 'eq', 'neq'];
const keys = ['type', 'rules', 'group-by', 'aliases', 'timespan', 'condition', 'generate', 'percentile'];
/** Milliseconds. Months and years are refused: they have no fixed length. */
const units: Readonly<Record<string, number>> = { s: 1e3, m: 6e4, h: 3.6e6, d: 8.64e7, w: 6.048e8 };

/** Milliseconds of a `timespan` such as 90m. */
export function parseTimespan(text: string): number | undefined {
  const match = /^(\d{1,9})([smhdw])$/.exec(text.trim());
  const span = Number(match?.[1]) * (units[match?.[2] ?? ''] ?? Number.NaN);
  return span > 0 ? span : undefined;
}

/** Reads a correlation document. @throws RuleError */
export function parseCorrelation(root: MapNode, header: Header): Correlation {
  const map = mapAt(root, 'correlation');
  for (const [key, entry] of map.entries) {
    if (!keys.includes(key)) throw new RuleError(`"correlation" has the unknown key "${key}"`, entry.place);
  }
  const type = textAt(map, 'type');
  if (type === undefined) throw new RuleError('"type" of the correlation is missing', map.place);
  if (!types.includes(type))
    throw new RuleError(`correlation type "${type}" is unknown`, placeOf(map, 'type'));
  const rules = textsAt(map, 'rules');
  if (rules.length === 0) throw new RuleError('"rules" of the correlation is missing', map.place);
  const written = textAt(map, 'timespan');
  if (written === undefined) throw new RuleError('"timespan" of the correlation is missing', map.place);
  const timespan = parseTimespan(written);
  if (timespan === undefined) {
    throw new RuleError(
      `timespan "${written}" is not a number with s, m, h, d or w`,
      placeOf(map, 'timespan'),
    );
  }
  const generate = child(map, 'generate');
  if (generate !== undefined && (generate.kind !== 'scalar' || typeof generate.value !== 'boolean')) {
    throw new RuleError('"generate" must be true or false', generate.place);
  }
  return {
    ...header,
    type: 'correlation',
    correlation: type as CorrelationType,
    rules,
    groupBy: textsAt(map, 'group-by'),
    aliases: parseAliases(map, rules),
    timespan,
    ...parseCondition(map, type as CorrelationType, rules),
    generate: generate?.kind === 'scalar' && generate.value === true,
  };
}

function parseAliases(map: MapNode, rules: readonly string[]): Correlation['aliases'] {
  const aliases = new Map<string, ReadonlyMap<string, string>>();
  if (child(map, 'aliases') === undefined) return aliases;
  const node = mapAt(map, 'aliases');
  for (const alias of node.entries.keys()) {
    const fields = mapAt(node, alias);
    const byRule = new Map<string, string>();
    for (const [reference, entry] of fields.entries) {
      if (!rules.includes(reference)) {
        throw new RuleError(
          `alias "${alias}" names "${reference}", which the correlation does not`,
          entry.place,
        );
      }
      byRule.set(reference, textAt(fields, reference) ?? '');
    }
    aliases.set(alias, byRule);
  }
  return aliases;
}

type ConditionPart = Pick<Correlation, 'bounds' | 'valueFields' | 'percentile'>;

function parseCondition(map: MapNode, type: CorrelationType, rules: readonly string[]): ConditionPart {
  const temporal = type === 'temporal' || type === 'temporal_ordered';
  if (child(map, 'condition') === undefined) {
    if (!temporal) throw new RuleError(`a correlation of type ${type} needs a condition`, map.place);
    return { bounds: [{ bound: 'gte', value: new Set(rules).size }], valueFields: [], percentile: undefined };
  }
  const node = mapAt(map, 'condition');
  const found: { bound: Bound; value: number }[] = [];
  for (const [key, entry] of node.entries) {
    if (key === 'field' || (key === 'percentile' && type === 'value_percentile')) continue;
    if (!bounds.includes(key)) throw new RuleError(`"condition" has the unknown key "${key}"`, entry.place);
    const value = entry.node.kind === 'scalar' ? Number(entry.node.value ?? Number.NaN) : Number.NaN;
    if (!Number.isFinite(value))
      throw new RuleError(`"${key}" of the condition must be a number`, entry.place);
    found.push({ bound: key as Bound, value });
  }
  if (found.length === 0)
    throw new RuleError('the condition has none of gt, gte, lt, lte, eq and neq', node.place);
  if (temporal && found.some(({ bound }) => bound !== 'gte' && bound !== 'gt' && bound !== 'eq')) {
    throw new RuleError(`a correlation of type ${type} can only be bounded by gt, gte or eq`, node.place);
  }
  const valueFields = textsAt(node, 'field');
  if (type.startsWith('value_') && valueFields.length === 0) {
    throw new RuleError(`a correlation of type ${type} needs "field" in its condition`, node.place);
  }
  if (type !== 'value_count' && valueFields.length > 1) {
    throw new RuleError(`a correlation of type ${type} needs exactly one field`, node.place);
  }
  return { bounds: found, valueFields, percentile: parsePercentile(map, node, type) };
}

function parsePercentile(map: MapNode, condition: MapNode, type: CorrelationType): number | undefined {
  if (type !== 'value_percentile') return undefined;
  const written = textAt(condition, 'percentile') ?? textAt(map, 'percentile');
  const percentile = written === undefined ? Number.NaN : Number(written);
  if (percentile >= 0 && percentile <= 100) return percentile;
  throw new RuleError(
    'a correlation of type value_percentile needs "percentile" from 0 to 100',
    condition.place,
  );
}
