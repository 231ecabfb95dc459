/** What a correlation reads of an event: the group that it belongs to, and the value that counts. */
import type { Correlation } from '../sigma/ast.ts';
import type { EventReader, FieldResolver } from '../sigma/event.ts';
import { elementsOf, numberOf } from '../sigma/match/values.ts';
import { separator } from './window.ts';

/** Values of the grouping fields; undefined when the event lacks one: it then belongs to no group. */
export function groupOf(
  correlation: Correlation,
  index: number,
  event: EventReader,
  resolve: FieldResolver,
): string[] | undefined {
  const reference = correlation.rules[index] ?? '';
  const group: string[] = [];
  for (const name of correlation.groupBy) {
    const field = correlation.aliases.get(name)?.get(reference) ?? name;
    const elements = elementsOf(resolve(field).read(event));
    if (elements.length === 0) return undefined;
    group.push(elements.map(String).join(','));
  }
  return group;
}

/** What a correlation counts or computes with; undefined when the event lacks it, or it is no number where one is asked for. */
export function countedValue(
  correlation: Correlation,
  event: EventReader,
  resolve: FieldResolver,
): string | number | undefined {
  const values = correlation.valueFields.map(field => elementsOf(resolve(field).read(event)));
  if (values.length === 0 || values.some(elements => elements.length === 0)) return undefined;
  const [first] = values[0] ?? [];
  if (correlation.correlation !== 'value_count') return first === undefined ? undefined : numberOf(first);
  return values.map(elements => elements.map(String).join(',')).join(separator);
}
