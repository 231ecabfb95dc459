/** Warns of fields that host events do not have: such a line of a rule can never hold. */
import { type EventKind, EventKinds } from '@redoubt/model';
import { hostField } from '../fields/host.ts';
import { coversKind, hostCategories } from '../fields/source.ts';
import type { Expression, Item, Rule } from '../sigma/ast.ts';
import type { Problem } from '../sigma/problem.ts';

/** Every line of an expression. */
export function itemsOf(expression: Expression): Item[] {
  if (expression.type === 'item') return [expression.item];
  if (expression.type === 'not') return itemsOf(expression.operand);
  return expression.operands.flatMap(itemsOf);
}

/** Problems of a rule that is about host events; none for rules about logs. */
export function checkHostFields(rule: Rule): Problem[] {
  const { product, category, service } = rule.logsource;
  if (product !== 'linux' || service !== undefined || category === undefined || !hostCategories.has(category))
    return [];
  const kinds = (Object.keys(EventKinds) as EventKind[]).filter(kind => coversKind(rule.logsource, kind));
  const fields = itemsOf(rule.expression).flatMap(item => {
    const referred = item.alternatives
      .flat()
      .flatMap(test => (test.type === 'field_reference' ? [test.field] : []));
    return [item.field, ...referred].map(field => ({ field, place: item.place }));
  });
  return fields.flatMap(({ field, place }) => {
    if (field === undefined || kinds.some(kind => hostField(field, kind) !== undefined)) return [];
    const reason = `host events of category ${category} have no field "${field}"`;
    return [{ severity: 'warning' as const, rule: rule.title, reason, place }];
  });
}
