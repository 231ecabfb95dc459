/** Findings are counted, not repeated; a noisy rule cannot flood. */
import type { Finding } from '@redoubt/model';
import { buildFinding, type Match } from './build.ts';

export interface LedgerOptions {
  /** Receives each new finding and each change of one (activity_id 2). */
  readonly onFinding: (finding: Finding) => void;
  /** Milliseconds since the Unix epoch; the wall clock by default. */
  readonly now?: () => number;
  /** How long after its last event a finding goes on to be counted, milliseconds; an hour by default. */
  readonly dedupWindow?: number;
  /** New findings that a rule may make at once; 20 by default. */
  readonly burst?: number;
  /** Milliseconds after which a rule that used up its burst may make one more; 10,000 by default. */
  readonly refill?: number;
  /** Open findings kept; the oldest are closed to counting first. 5,000 by default. */
  readonly capacity?: number;
}

/** Least time between two updates of one finding, milliseconds. */
const updateInterval = 10_000;

interface Entry {
  finding: Finding;
  /** Matches folded into this finding because the rule had used up its budget. */
  suppressed: number;
  reportedAt: number;
  pending: boolean;
}

interface Budget {
  tokens: number;
  at: number;
  latest: Entry | undefined;
}

/** Keeps the open findings. */
export class FindingLedger {
  readonly #options: Required<LedgerOptions>;
  readonly #open = new Map<string, Entry>();
  readonly #budgets = new Map<string, Budget>();

  constructor(options: LedgerOptions) {
    this.#options = {
      now: Date.now,
      dedupWindow: 3_600_000,
      burst: 20,
      refill: 10_000,
      capacity: 5_000,
      ...options,
    };
  }

  /** Counts a match if it belongs to an open finding. @returns whether it did; if not, `add` it */
  count(dedupKey: string, time: number, events = 1): boolean {
    const entry = this.#open.get(dedupKey);
    if (entry === undefined) return false;
    if (time - entry.finding.finding_info.last_seen_time > this.#options.dedupWindow) {
      this.#open.delete(dedupKey);
      return false;
    }
    this.#grow(entry, time, events);
    return true;
  }

  /** Makes a finding of a match, or folds it into the rule's latest one when the rule makes too many. */
  add(match: Match): void {
    const now = this.#options.now();
    const budget = this.#budget(match.rule.uid, now);
    if (budget.tokens < 1 && budget.latest !== undefined) {
      budget.latest.suppressed++;
      this.#grow(budget.latest, match.lastSeen, match.events);
      return;
    }
    budget.tokens--;
    const entry: Entry = {
      finding: buildFinding(match, now),
      suppressed: 0,
      reportedAt: now,
      pending: false,
    };
    budget.latest = entry;
    this.#open.set(match.dedupKey, entry);
    if (this.#open.size > this.#options.capacity) this.#closeOldest();
    this.#options.onFinding(entry.finding);
  }

  /** Whether a match of a rule would become a new finding now, so that building one for nothing is spared. */
  hasBudget(ruleUid: string): boolean {
    const budget = this.#budget(ruleUid, this.#options.now());
    return budget.tokens >= 1 || budget.latest === undefined;
  }

  /** Folds a match into the rule's latest finding without building it. */
  suppress(ruleUid: string, time: number, events = 1): void {
    const latest = this.#budgets.get(ruleUid)?.latest;
    if (latest === undefined) return;
    latest.suppressed++;
    this.#grow(latest, time, events);
  }

  /** Closes a finding to counting, because a person has dealt with it: what matches next is a new finding. */
  close(dedupKey: string): void {
    this.#open.delete(dedupKey);
    for (const budget of this.#budgets.values()) {
      if (budget.latest?.finding.redoubt.dedup_key === dedupKey) budget.latest = undefined;
    }
  }

  /** Reports every change not yet reported. Call it from time to time and before the end. */
  flush(): void {
    const now = this.#options.now();
    for (const entry of this.#open.values()) if (entry.pending) this.#report(entry, now);
    for (const { latest } of this.#budgets.values()) if (latest?.pending === true) this.#report(latest, now);
  }

  #budget(ruleUid: string, now: number): Budget {
    let budget = this.#budgets.get(ruleUid);
    if (budget === undefined) {
      budget = { tokens: this.#options.burst, at: now, latest: undefined };
      this.#budgets.set(ruleUid, budget);
    }
    const earned = Math.floor(Math.max(now - budget.at, 0) / this.#options.refill);
    if (earned > 0) {
      budget.tokens = Math.min(budget.tokens + earned, this.#options.burst);
      budget.at += earned * this.#options.refill;
    } else if (now < budget.at) budget.at = now;
    return budget;
  }

  #grow(entry: Entry, time: number, events: number): void {
    const info = entry.finding.finding_info;
    entry.finding = {
      ...entry.finding,
      count: entry.finding.count + events,
      finding_info: {
        ...info,
        first_seen_time: Math.min(info.first_seen_time, time),
        last_seen_time: Math.max(info.last_seen_time, time),
      },
    };
    entry.pending = true;
    const now = this.#options.now();
    const isPowerOfTwo = (entry.finding.count & (entry.finding.count - 1)) === 0;
    if (isPowerOfTwo || now - entry.reportedAt >= updateInterval) this.#report(entry, now);
  }

  #report(entry: Entry, now: number): void {
    const { finding, suppressed } = entry;
    const reasons = finding.redoubt.reasons.filter(reason => reason.field !== 'suppressed');
    if (suppressed > 0) {
      reasons.push({
        field: 'suppressed',
        value: String(suppressed),
        text: {
          en: `The rule found so much at once that ${suppressed} further findings were only counted here`,
          zh: `该规则短时间内发现过多，另有 ${suppressed} 项发现仅在此计数`,
        },
      });
    }
    entry.finding = {
      ...finding,
      activity_id: 2,
      type_uid: 200_402,
      time: now,
      redoubt: { ...finding.redoubt, reasons },
    };
    entry.reportedAt = now;
    entry.pending = false;
    this.#options.onFinding(entry.finding);
  }

  #closeOldest(): void {
    for (const [key, entry] of this.#open) {
      if (entry.pending) this.#report(entry, this.#options.now());
      this.#open.delete(key);
      return;
    }
  }
}
