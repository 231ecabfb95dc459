/** Asks the record about incidents, one after the other, so that a storm of findings asks little at a time. */
import { type EventLookup, earlierEvents, isCounted, objectsOf } from './around.ts';
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
const waitingLimit = 1_000;

/** Asks what came before an incident, and what its counted findings stand for. */
export class Inquiry {
  readonly #lookup: EventLookup;
  readonly #handlers: InquiryHandlers;
  readonly #waiting = new Set<Case>();
  #work: Promise<void> = Promise.resolve();

  constructor(lookup: EventLookup, handlers: InquiryHandlers) {
    this.#lookup = lookup;
    this.#handlers = handlers;
  }

  /** Asks about an incident, if it began earlier or counted more than when it was last asked about. */
  about(one: Case): void {
    if (this.#waiting.has(one) || this.#waiting.size >= waitingLimit) return;
    if (!this.#isNews(one)) return;
    this.#waiting.add(one);
    this.#work = this.#work
      .then(() => {
        this.#waiting.delete(one);
        return this.#ask(one);
      })
      .catch(this.#handlers.onError);
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

  async #ask(about: Case): Promise<void> {
    const [first] = about.members;
    if (about.askedFrom !== first?.first) {
      about.askedFrom = first?.first;
      let isNew = false;
      for (const [key, event] of await earlierEvents(about.members, this.#lookup)) {
        if (about.addEvent(key, event)) isNew = true;
      }
      if (isNew) this.#handlers.onStory(about);
    }
    for (const member of uncounted(about)) {
      about.asked.set(member.uid, member.count);
      const objects = await objectsOf(member, this.#lookup);
      if (objects.length > member.objects.length) this.#handlers.onObjects(member, objects);
    }
  }
}

/** Findings that count more events than were asked about. */
function uncounted(about: Case): Member[] {
  return about.members.filter(member => isCounted(member) && about.asked.get(member.uid) !== member.count);
}
