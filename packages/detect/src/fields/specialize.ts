/** What is left of a rule once the kind of event is known. */
import type { EventKind } from '@redoubt/model';
import type { Expression, Rule } from '../sigma/ast.ts';
import { type EventReader, pathSource } from '../sigma/event.ts';
import { evaluate } from '../sigma/reference/evaluate.ts';

/** Names by which rules ask for the kind of an event. */
const kindFields: readonly (string | undefined)[] = ['EventKind', 'metadata.event_code'];

/**
 * The rule for events of one kind: lines that ask for the kind are decided here, not for each event.
 * @returns undefined when the rule can match no event of the kind
 */
export function specialize(rule: Rule, kind: EventKind): Rule | undefined {
  const event: EventReader = { time: 0, get: () => kind, toEvent: () => kind };
  const left = reduce(rule.expression, event);
  if (left === false) return undefined;
  return left === true || left === rule.expression ? rule : { ...rule, expression: left };
}

/** The expression without the lines that are decided; true or false when it is decided as a whole. */
function reduce(expression: Expression, event: EventReader): Expression | boolean {
  switch (expression.type) {
    case 'item':
      if (!kindFields.includes(expression.item.field)) return expression;
      return evaluate(expression, event, () => pathSource(''));
    case 'not': {
      const operand = reduce(expression.operand, event);
      return typeof operand === 'boolean' ? !operand : { type: 'not', operand };
    }
    case 'and':
    case 'or': {
      const decisive = expression.type === 'or';
      const operands = expression.operands.map(operand => reduce(operand, event));
      if (operands.includes(decisive)) return decisive;
      const open = operands.filter(operand => typeof operand !== 'boolean');
      const [first] = open;
      if (first === undefined) return !decisive;
      return open.length === 1 ? first : { type: expression.type, operands: open };
    }
  }
}
