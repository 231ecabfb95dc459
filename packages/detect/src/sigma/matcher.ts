/** The seam between the two evaluators and those who use them. */
import type { Rule } from './ast.ts';
import type { EventReader, FieldResolver } from './event.ts';

/** Judges events of one kind or log source. */
export interface Matcher {
  /** The rules that the event matches, in the order in which they were given. Valid until the next call. */
  match(event: EventReader): readonly Rule[];
}

/** Makes a matcher for rules over events whose fields the resolver finds. */
export type MatcherFactory = (rules: readonly Rule[], resolve: FieldResolver) => Matcher;
