/** Asks the record about incidents, one after the other, so that a storm of findings asks little at a time. */
import { aftermath, type EventLookup, earlierEvents, isCounted, objectsOf } from './around.ts';
import type { Case } from './case.ts';
import type { Member } from './member.ts';

/** What is done with the answers. */
export interface InquiryHandlers {
  /** More events of the story are known. */
  onStory(about: Case): void;
  /** More is known of what a finding's events were done to. */
  onObjects(member: Member, objects: readonly string[]): void;
  onError(error: unknown): void;
}

/** Incidents that may wait for an answer; a further one is asked about when it changes again. */
const waitingLimit = 100;

/** Asks what came before an incident, and what its counted findings stand for. */
export class Inquiry {
  readonly #lookup: EventLookup;
  readonly #handlers: InquiryHandlers;
  readonly #waiting = new Set<Case>();
  /** Incidents whose counted findings may still go on, and when they are asked about once more. */
  readonly #later = new Map<Case, number>();
  #work: Promise<void> = Promise.resolve();

  constructor(lookup: EventLookup, handlers: InquiryHandlers) {
    this.#lookup = lookup;
    this.#handlers = handlers;
  }

  /**
   * Asks about an incident, if it began earlier or counted more than when it was last asked about.
   * @param now milliseconds since the Unix epoch
   */
  about(one: Case, now: number): void {
    if (!this.#waiting.has(one) && this.#isNews(one)) this.#enqueue(one, () => this.#ask(one, now));
  }

  /**
   * Asks once more about incidents whose counted findings have had time to go on. Call it from time to time.
   * @param now milliseconds since the Unix epoch
   */
  tick(now: number): void {
    for (const [one, due] of this.#later) {
      if (due > now) continue;
      this.#later.delete(one);
      this.#enqueue(one, () =>
        this.#askObjects(
          one,
          one.members.filter(({ uid }) => one.asked.has(uid)),
          now,
        ),
      );
    }
  }

  /** Forgets an incident that is no longer open. */
  drop(one: Case): void {
    this.#later.delete(one);
  }

  /** Resolves when everything asked so far is answered. */
  async settled(): Promise<void> {
    let work: Promise<void>;
    do {
      work = this.#work;
      await work;
    } while (work !== this.#work);
  }

  #isNews(one: Case): boolean {
    return one.askedFrom !== one.members[0]?.first || uncounted(one).length > 0;
  }

  #enqueue(one: Case, ask: () => Promise<void>): void {
    if (this.#waiting.size >= waitingLimit) return;
    this.#waiting.add(one);
    this.#work = this.#work
      .then(() => {
        this.#waiting.delete(one);
        return ask();
      })
      .catch(this.#handlers.onError);
  }

  async #ask(about: Case, now: number): Promise<void> {
    const [first] = about.members;
    if (about.askedFrom !== first?.first) {
      about.askedFrom = first?.first;
      let isNew = false;
      for (const [key, event] of await earlierEvents(about.members, this.#lookup)) {
        if (about.addEvent(key, event)) isNew = true;
      }
      if (isNew) this.#handlers.onStory(about);
    }
    await this.#askObjects(about, uncounted(about), now);
  }

  async #askObjects(about: Case, members: readonly Member[], now: number): Promise<void> {
    for (const member of members) {
      about.asked.set(member.uid, member.count);
      const due = member.last + aftermath;
      if (due > now && this.#later.size < waitingLimit) this.#later.set(about, due);
      const objects = await objectsOf(member, this.#lookup);
      if (objects.length > member.objects.length) this.#handlers.onObjects(member, objects);
    }
  }
}

/** Findings that count more events than were asked about. */
function uncounted(about: Case): Member[] {
  return about.members.filter(member => isCounted(member) && about.asked.get(member.uid) !== member.count);
}
