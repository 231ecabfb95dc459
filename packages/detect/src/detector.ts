/** Events in, findings out. */
import type { Event, EventKind, EventView, Finding } from '@redoubt/model';
import { hostResolver } from './fields/resolve.ts';
import { coversKind } from './fields/source.ts';
import { FindingLedger, type LedgerOptions } from './finding/ledger.ts';
import { reasonsOf } from './finding/words.ts';
import type { RuleSet } from './rules/rule-set.ts';
import type { Rule } from './sigma/ast.ts';
import type { FieldResolver } from './sigma/event.ts';
import type { Matcher, MatcherFactory } from './sigma/matcher.ts';
import { referenceMatcher } from './sigma/reference/matcher.ts';

export interface DetectorOptions extends LedgerOptions {
  /** How rules are evaluated; compiled by default. */
  readonly matcher?: MatcherFactory;
}

/** Rules for one kind of event. */
interface Route {
  readonly matcher: Matcher;
  readonly resolve: FieldResolver;
}

/** Judges host events. */
export class Detector {
  readonly #routes = new Map<EventKind, Route | null>();
  readonly #rules: RuleSet;
  readonly #makeMatcher: MatcherFactory;
  readonly #ledger: FindingLedger;

  constructor(rules: RuleSet, options: DetectorOptions) {
    this.#rules = rules;
    this.#makeMatcher = options.matcher ?? referenceMatcher;
    this.#ledger = new FindingLedger(options);
  }

  /** Judges an event. Findings go to `onFinding` before this returns. */
  evaluate(view: EventView): void {
    let route = this.#routes.get(view.kind);
    if (route === undefined) {
      route = this.#route(view.kind);
      this.#routes.set(view.kind, route);
    }
    if (route === null) return;
    const matched = route.matcher.match(view);
    for (const rule of matched) this.#report(rule, view, route.resolve);
  }

  /** Reports changes of findings that are still held back. Call it every few seconds and before the end. */
  flush(): void {
    this.#ledger.flush();
  }

  #route(kind: EventKind): Route | null {
    const rules = this.#rules.rules.filter(rule => coversKind(rule.logsource, kind));
    if (rules.length === 0) return null;
    const resolve = hostResolver(kind);
    return { matcher: this.#makeMatcher(rules, resolve), resolve };
  }

  #report(rule: Rule, view: EventView, resolve: FieldResolver): void {
    const fields =
      rule.extension.dedup.length > 0 ? rule.extension.dedup : ['Image', 'TargetFilename', 'ContainerId'];
    const subject = fields.map(field => String(resolve(field).read(view) ?? ''));
    const dedupKey = [rule.uid, ...subject].join('|');
    const { time } = view;
    if (this.#ledger.count(dedupKey, time)) return;
    if (!this.#ledger.hasBudget(rule.uid)) {
      this.#ledger.suppress(rule.uid, time);
      return;
    }
    const event: Event = view.toEvent();
    const reasons = reasonsOf(rule, view, resolve);
    this.#ledger.add({
      rule,
      event,
      reasons,
      dedupKey,
      firstSeen: time,
      lastSeen: time,
      events: 1,
      correlated: false,
    });
  }
}

/** A detector for a set of rules. */
export function createDetector(rules: RuleSet, options: DetectorOptions): Detector {
  return new Detector(rules, options);
}

export type { Finding };
