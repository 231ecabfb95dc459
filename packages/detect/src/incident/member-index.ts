/** The findings of open incidents, by their ids and by what ties them. */
import type { Case } from './case.ts';
import type { Key } from './correlate/keys.ts';
import { Postings, type Tied, type TieLimits } from './correlate/postings.ts';
import type { Member } from './member.ts';

/** A finding and the incident that it belongs to. */
export class Entry implements Tied {
  member: Member;
  of: Case;

  constructor(member: Member, of: Case) {
    this.member = member;
    this.of = of;
  }

  get first(): number {
    return this.member.first;
  }

  get last(): number {
    return this.member.last;
  }

  get severity(): number {
    return this.member.severity;
  }

  get keys(): readonly Key[] {
    return this.member.keys;
  }
}

/** When there are too many findings, this part is forgotten at one time. */
const forgetPart = 0.1;

/** Holds a bounded number of findings. */
export class MemberIndex {
  readonly #postings: Postings<Entry>;
  readonly #entries = new Map<string, Entry>();
  readonly #byDedupKey = new Map<string, Entry>();
  readonly #limit: number;
  /** Findings that were forgotten before their time. */
  forgotten = 0;

  /** @param limit findings held at one time */
  constructor(ties: TieLimits, limit: number) {
    this.#postings = new Postings(ties);
    this.#limit = limit;
  }

  /** How many findings are held. */
  get size(): number {
    return this.#entries.size;
  }

  /** How many different keys they have. */
  get keys(): number {
    return this.#postings.size;
  }

  /** Keys that tied too much and were demoted. */
  get demotions(): number {
    return this.#postings.demotions;
  }

  /** The finding that a finding is a later state of: the same id, or the same deduplication key. */
  find(uid: string, dedupKey?: string): Entry | undefined {
    return this.#entries.get(uid) ?? (dedupKey === undefined ? undefined : this.#byDedupKey.get(dedupKey));
  }

  /** Enters a finding into an incident. */
  enter(member: Member, into: Case): Entry {
    const entry = new Entry(member, into);
    this.#entries.set(member.uid, entry);
    this.#byDedupKey.set(member.dedupKey, entry);
    this.#postings.add(entry);
    into.take(member);
    return entry;
  }

  /** Puts a later state of a finding in the place of the earlier one. */
  replace(entry: Entry, member: Member): void {
    this.#postings.remove(entry);
    entry.member = member;
    this.#postings.add(entry);
    entry.of.take(member);
  }

  /** What is found next under the deduplication key of this finding is another finding. */
  freeDedupKey(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry !== undefined && this.#byDedupKey.get(entry.member.dedupKey) === entry)
      this.#byDedupKey.delete(entry.member.dedupKey);
  }

  /** Takes the findings of an incident out. */
  removeAllOf(closed: Case): void {
    for (const { uid } of closed.members) {
      const entry = this.#entries.get(uid);
      if (entry?.of === closed) this.#remove(entry);
    }
  }

  /** Gives the findings of one incident to another. */
  move(from: Case, to: Case): void {
    for (const { uid } of from.members) {
      const entry = this.#entries.get(uid);
      if (entry?.of === from) entry.of = to;
    }
  }

  /** The findings that a finding is tied to. */
  tiedTo(entry: Entry): Set<Entry> {
    return this.#postings.tiedTo(entry);
  }

  /** The findings that have one of the keys. */
  holders(keys: readonly string[]): Set<Entry> {
    return new Set(keys.flatMap(key => [...this.#postings.holders(key)]));
  }

  /** Forgets findings whose last event lies before `horizon`, and the oldest beyond the limit. */
  forget(horizon: number): void {
    for (const entry of this.#entries.values()) if (entry.last < horizon) this.#remove(entry);
    const excess = this.#entries.size - this.#limit;
    if (excess <= 0) return;
    const oldest = [...this.#entries.values()].sort((a, b) => a.last - b.last);
    for (const entry of oldest.slice(0, excess + Math.floor(this.#limit * forgetPart))) {
      this.#remove(entry);
      this.forgotten++;
    }
  }

  /** Whether so many findings are held that some should be forgotten. */
  get isFull(): boolean {
    return this.#entries.size > this.#limit;
  }

  /** Incidents that findings held here belong to. */
  cases(): Set<Case> {
    return new Set([...this.#entries.values()].map(entry => entry.of));
  }

  #remove(entry: Entry): void {
    this.#postings.remove(entry);
    this.#entries.delete(entry.member.uid);
    if (this.#byDedupKey.get(entry.member.dedupKey) === entry) this.#byDedupKey.delete(entry.member.dedupKey);
  }
}
