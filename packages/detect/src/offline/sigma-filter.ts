/** Sigma rules as a plain condition on host events, for hunting through history. */
import { type EventKind, EventKinds, type EventView } from '@redoubt/model';
import { hostResolver } from '../fields/resolve.ts';
import { coversKind } from '../fields/source.ts';
import { specialize } from '../fields/specialize.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import { compileMatcher } from '../sigma/compile/matcher.ts';
import type { Matcher } from '../sigma/matcher.ts';

/** A condition on host events. */
export interface SigmaFilter {
  /** The only kinds that can pass; empty when the rules are about no kind of host event. */
  readonly kinds: readonly EventKind[];
  readonly matches: (event: EventView) => boolean;
}

/** Whether any of the rules matches. Correlations have no say: they are about many events, not about one. */
export function sigmaFilter(rules: RuleSet): SigmaFilter {
  const matchers = new Map<EventKind, Matcher>();
  for (const kind of Object.keys(EventKinds) as EventKind[]) {
    const own = rules.rules
      .filter(rule => coversKind(rule.logsource, kind))
      .flatMap(rule => specialize(rule, kind) ?? []);
    if (own.length > 0) matchers.set(kind, compileMatcher(own, hostResolver(kind)));
  }
  return {
    kinds: [...matchers.keys()],
    matches: event => (matchers.get(event.kind)?.match(event).length ?? 0) > 0,
  };
}
