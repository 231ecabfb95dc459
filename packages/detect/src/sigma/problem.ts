/** Why a rule was refused, or what is doubtful about it, and where. */
import type { Place } from './ast.ts';

/** A refusal: the rule does not run. A warning: it runs as written, which may not be as meant. */
export interface Problem {
  readonly severity: 'refused' | 'warning';
  /** Id, name or title of the rule, as far as it could be read. */
  readonly rule: string;
  readonly reason: string;
  readonly place: Place;
}

/** Thrown while a rule is read; becomes a `Problem` of severity `refused`. */
export class RuleError extends Error {
  readonly place: Place;

  constructor(reason: string, place: Place) {
    super(reason);
    this.name = 'RuleError';
    this.place = place;
  }
}

/** One line for people: `file:line:column: refused "rule": reason`. */
export function describeProblem(problem: Problem): string {
  const { file, line, column } = problem.place;
  return `${file}:${line}:${column}: ${problem.severity} "${problem.rule}": ${problem.reason}`;
}
