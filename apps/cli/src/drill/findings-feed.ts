/** Findings as the agent makes them, kept so that one can be waited for. */
import type { Finding } from '@redoubt/model';
import type { AgentClient } from '../agent/client.ts';
import { messages } from '../agent/stream.ts';

/** A finding and when this program learnt of it, milliseconds since the Unix epoch. */
export interface SeenFinding {
  readonly finding: Finding;
  readonly seenAt: number;
}

/** Findings since the feed was opened, each in every state that it was sent in. */
export class FindingsFeed {
  readonly #seen: SeenFinding[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #abort = new AbortController();
  #ended: Error | undefined;

  /** Subscribes at the agent; when this settles, no later finding is missed. */
  static async open(agent: AgentClient): Promise<FindingsFeed> {
    const feed = new FindingsFeed();
    const stream = await agent.stream('/api/stream', { topics: 'findings' }, feed.#abort.signal);
    void feed.#read(messages(stream));
    return feed;
  }

  /** Everything seen so far. */
  get seen(): readonly SeenFinding[] {
    return this.#seen;
  }

  async #read(source: AsyncIterable<{ name: string; data: string }>): Promise<void> {
    try {
      for await (const { name, data } of source) {
        if (name !== 'finding') continue;
        this.#seen.push({ finding: JSON.parse(data) as Finding, seenAt: Date.now() });
        this.#wake();
      }
      this.#ended = new Error('the agent ended the stream of findings');
    } catch (error) {
      this.#ended = error instanceof Error ? error : new Error(String(error));
    }
    this.#wake();
  }

  #wake(): void {
    for (const check of this.#waiting) check();
  }

  /**
   * The first finding that `wanted` accepts, seen before or from now on; undefined after `milliseconds`.
   * Throws when the agent ends.
   */
  async find(
    wanted: (finding: Finding) => boolean,
    from: number,
    milliseconds: number,
  ): Promise<SeenFinding | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<SeenFinding | undefined>();
    const check = () => {
      const found = this.#seen.find(({ finding }, index) => index >= from && wanted(finding));
      if (found) resolve(found);
      else if (this.#ended) reject(this.#ended);
    };
    const timer = setTimeout(() => resolve(undefined), milliseconds);
    this.#waiting.add(check);
    try {
      check();
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(check);
    }
  }

  close(): void {
    this.#abort.abort();
  }
}
