/** Which findings share which keys. */
import type { Family, Key } from './keys.ts';
import { isGrave } from './keys.ts';

/** A finding as far as ties go. */
export interface Tied {
  /** First and last event, milliseconds since the Unix epoch. */
  readonly first: number;
  readonly last: number;
  readonly severity: number;
  readonly keys: readonly Key[];
}

/** How far apart in time a tie reaches, milliseconds, and how much one key may tie. */
export interface TieLimits {
  readonly strongWindow: number;
  readonly weakWindow: number;
  /** Findings that one strong key may hold before it is demoted. */
  readonly strongFanOut: number;
  /** The same for a weak key, within the weak window. */
  readonly weakFanOut: number;
}

interface Posting<Member extends Tied> {
  readonly members: Set<Member>;
  demoted: boolean;
}

const strongFamilies = new Set<Family>(['process', 'session', 'hash']);

/** Time between two findings; 0 when they overlap. */
function gapOf(one: Tied, other: Tied): number {
  return Math.max(0, one.first - other.last, other.first - one.last);
}

/** Whether weak keys of these families are enough together: two, and a technique only beside a person. */
function suffices(families: ReadonlySet<Family>): boolean {
  if (!families.has('technique')) return families.size >= 2;
  return families.size >= 3 || families.has('identity');
}

/** An index from keys to the findings that have them. Whether two findings are tied never depends on their order. */
export class Postings<Member extends Tied> {
  readonly #limits: TieLimits;
  readonly #postings = new Map<string, Posting<Member>>();
  /** Keys that tied too much and tie nothing more. */
  demotions = 0;

  constructor(limits: TieLimits) {
    this.#limits = limits;
  }

  /** How many different keys are held. */
  get size(): number {
    return this.#postings.size;
  }

  /** Enters a finding under its keys. */
  add(member: Member): void {
    for (const { family, text } of member.keys) {
      let posting = this.#postings.get(text);
      if (posting === undefined) {
        posting = { members: new Set(), demoted: false };
        this.#postings.set(text, posting);
      }
      posting.members.add(member);
      if (!posting.demoted && this.#tiesTooMuch(family, posting, member)) {
        posting.demoted = true;
        this.demotions++;
      }
    }
  }

  /** Takes a finding out. */
  remove(member: Member): void {
    for (const { text } of member.keys) {
      const posting = this.#postings.get(text);
      posting?.members.delete(member);
      if (posting?.members.size === 0) this.#postings.delete(text);
    }
  }

  /** The findings that hold a key. */
  holders(key: string): Iterable<Member> {
    return this.#postings.get(key)?.members ?? [];
  }

  /** The findings that a finding is tied to, itself left out. */
  tiedTo(member: Member): Set<Member> {
    const tied = new Set<Member>();
    const weak = new Map<Member, Set<Family>>();
    for (const { family, text } of member.keys) {
      const posting = this.#postings.get(text);
      if (posting === undefined || posting.demoted) continue;
      for (const other of posting.members) {
        if (other === member || tied.has(other)) continue;
        const gap = gapOf(member, other);
        const isStrong =
          strongFamilies.has(family) ||
          (family === 'address' && (isGrave(member.severity) || isGrave(other.severity)));
        if (isStrong && gap <= this.#limits.strongWindow) tied.add(other);
        else if (!isStrong && gap <= this.#limits.weakWindow) {
          const families = weak.get(other) ?? new Set();
          weak.set(other, families.add(family));
        }
      }
    }
    for (const [other, families] of weak) if (suffices(families)) tied.add(other);
    return tied;
  }

  #tiesTooMuch(family: Family, { members }: Posting<Member>, latest: Member): boolean {
    const { strongFanOut, weakFanOut, weakWindow } = this.#limits;
    const isStrong = strongFamilies.has(family) || family === 'address';
    if (isStrong) return members.size > strongFanOut;
    if (members.size <= weakFanOut) return false;
    let near = 0;
    for (const other of members) if (gapOf(latest, other) <= weakWindow) near++;
    return near > weakFanOut;
  }
}
