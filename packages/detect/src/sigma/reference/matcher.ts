/** A matcher that runs every rule on every event. */
import type { MatcherFactory } from '../matcher.ts';
import { evaluate } from './evaluate.ts';

export const referenceMatcher: MatcherFactory = (rules, resolve) => ({
  match: event => rules.filter(rule => evaluate(rule.expression, event, resolve)),
});
