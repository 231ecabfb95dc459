/** Threat intelligence in the agent: every event is looked up; an import also looks through what is recorded. */
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type {
  FeedInput,
  Hit,
  ImportReport,
  IndicatorLibrary,
  IndicatorSet,
} from '@redoubt/detect/intelligence';
import { type EventView, type Finding, viewOf } from '@redoubt/model';
import type { Reader, Recorder } from '@redoubt/store';
import { ApiFailure, notFound } from '../api/errors.ts';
import type { WarningChange } from '../state/warnings.ts';
import type {
  ImportState,
  IntelligenceAnswer,
  IntelligenceHunt,
  IntelligenceImport,
  IntelligenceReport,
} from './contract.ts';
import { huntHistory, recentHistory } from './history.ts';
import { LateDigests } from './late-digests.ts';
import type { Opened } from './opened.ts';
import { countSources } from './source-counts.ts';

/** What intelligence is wired to. */
export interface IntelligenceParts {
  readonly stateDirectory: string;
  readonly recorder: Pick<Recorder, 'flush' | 'stats'>;
  readonly reader: Pick<Reader, 'events' | 'event'>;
  /** SHA-256 of the program that a process ran from a path, as soon as it is known. */
  readonly digestOf: (uid: string, path: string) => string | undefined;
  /** Receives findings, new and changed. @param isHistory whether it was found in what is long recorded */
  readonly onFinding: (finding: Finding, isHistory: boolean) => void;
  readonly onWarning: (warning: WarningChange) => void;
}

/** How an import is watched. */
export interface ImportWatcher {
  readonly onProgress: (state: ImportState) => void;
  /** Ends it. What is written by then stays, else nothing is changed. */
  readonly signal: AbortSignal;
}

export class Intelligence {
  readonly #parts: IntelligenceParts;
  readonly #file: string;
  readonly #end = new AbortController();
  readonly #late: LateDigests;
  #opening: Promise<Opened> | undefined;
  #opened: Opened | undefined;
  #importing: ImportState | undefined;
  #work: Promise<unknown> = Promise.resolve();
  /** Events from this sequence number on were judged by the set at hand. */
  #judgedFrom = 0;
  /** Whether what is being judged is history; and the findings made of it. */
  #isHistory = false;
  #historyFindings = 0;
  #counted: { set: IndicatorSet; counts: Record<string, number>[] } | undefined;

  private constructor(parts: IntelligenceParts) {
    this.#parts = parts;
    this.#file = join(parts.stateDirectory, 'indicators.bin');
    this.#late = new LateDigests({
      digestOf: parts.digestOf,
      isListed: digest => this.#isListed(digest),
      onListed: (sequence, digest) => {
        this.#judgeStart(sequence, digest).catch(error => console.error(error));
      },
    });
  }

  /** Opens the indicators, if there are any. A damaged file is put aside with a warning, no failure. */
  static async start(parts: IntelligenceParts): Promise<Intelligence> {
    const intelligence = new Intelligence(parts);
    if (!existsSync(intelligence.#file)) return intelligence;
    try {
      await intelligence.#open();
    } catch (error) {
      parts.onWarning(indicatorsLost(error, intelligence.#putAside()));
    }
    return intelligence;
  }

  /** Looks up what the event has. Findings come before this returns. @param sequence its number in the record */
  judge(view: EventView, sequence: number): void {
    const opened = this.#opened;
    if (opened === undefined) return;
    opened.matcher.evaluate(view);
    if (opened.library.set.count('sha256') > 0) this.#late.add(view, sequence);
  }

  /** Looks up what has become known of programs since they were started. */
  poll(): void {
    this.#late.poll();
  }

  /** Reports changes of findings that are held back. */
  flush(): void {
    this.#opened?.matcher.flush();
  }

  /** Closes a finding to counting, because a person has dealt with it. */
  close(dedupKey: string): void {
    this.#opened?.matcher.close(dedupKey);
  }

  /** Takes away what has expired. */
  async expire(): Promise<void> {
    await this.#opened?.library.expire();
  }

  /** Ends an import that is under way and reports what is held back. */
  async stop(): Promise<void> {
    this.#end.abort(new Error('the agent is stopping'));
    await this.#work.catch(() => undefined);
    this.flush();
  }

  /** Sources and counts, for the API. */
  answer(): IntelligenceAnswer {
    const set = this.#opened?.library.set;
    const { lookedAt, sightings } = this.#opened?.matcher.counters ?? { lookedAt: 0, sightings: 0 };
    const counts = set === undefined ? [] : this.#countsOf(set);
    const items = (set?.sources ?? []).map(({ name, local, held, importedAt, origin }, number) => {
      const kinds = counts[number] ?? {};
      const indicators = Object.values(kinds).reduce((sum, one) => sum + one, 0);
      return { name, local, held, imported_time: importedAt, origin, indicators, kinds };
    });
    return {
      items,
      indicators: set?.count() ?? 0,
      bytes: set?.bytes ?? 0,
      looked_at: lookedAt,
      sightings,
      ...(this.#importing !== undefined && { importing: this.#importing }),
    };
  }

  /** @throws ApiFailure `busy` while an import is under way */
  requireIdle(): void {
    if (this.#importing === undefined) return;
    const { source } = this.#importing;
    throw new ApiFailure(409, 'busy', {
      en: `“${source}” is being imported; one import at a time`,
      zh: `正在导入“${source}”；一次只能进行一项导入`,
    });
  }

  /**
   * Imports a feed, then hunts through what is recorded for the indicators that it brought.
   * @throws ApiFailure `busy`; Error saying where a feed is damaged
   */
  async import(request: IntelligenceImport, watcher: ImportWatcher): Promise<IntelligenceReport> {
    this.requireIdle();
    this.#importing = { source: request.source.name, step: 'reading', done: 0, indicators: 0 };
    const work = this.#import(request, watcher);
    this.#work = work;
    try {
      return await work;
    } finally {
      this.#importing = undefined;
    }
  }

  /** Takes a source away. @returns how many indicators it had @throws ApiFailure if there is none */
  async remove(source: string): Promise<number> {
    return (await this.#librarySurelyWith(source)).remove(source);
  }

  /** Lets a source's indicators rest, or match again. @throws ApiFailure if there is none */
  async hold(source: string, held: boolean): Promise<void> {
    await (await this.#librarySurelyWith(source)).hold(source, held);
  }

  async #import(request: IntelligenceImport, watcher: ImportWatcher): Promise<IntelligenceReport> {
    const signal = AbortSignal.any([watcher.signal, this.#end.signal]);
    const tell = (state: ImportState): void => {
      this.#importing = state;
      watcher.onProgress(state);
    };
    const opened = await this.#open();
    const { valid_days: validDays, ...settings } = request.source;
    const { name } = settings;
    const now = Date.now();
    const report = await opened.library.import(
      {
        source: { ...settings, ...(validDays !== undefined && { validDays }) },
        input: request.input as FeedInput,
        now,
        ...(request.origin !== undefined && { origin: request.origin }),
      },
      {
        signal,
        recent: recentHistory(opened, this.#parts.reader, now, signal),
        onProgress: ({ step, done, total, indicators }) =>
          tell({ source: name, step, done, ...(total !== undefined && { total }), indicators }),
      },
    );
    return report.fresh === 0 ? report : { ...report, hunt: await this.#hunt(report, now, tell, signal) };
  }

  /** Looks through what was recorded before the new indicators were there; from then on the pipeline has. */
  async #hunt(
    { source, indicators }: ImportReport,
    addedSince: number,
    tell: (state: ImportState) => void,
    signal: AbortSignal,
  ): Promise<IntelligenceHunt> {
    const { recorder, reader } = this.#parts;
    const progress = (done: number): void => tell({ source, step: 'hunting', done, indicators });
    progress(0);
    this.#historyFindings = 0;
    const before = this.#judgedFrom;
    const hunt = { recorder, reader, source, addedSince, before, onProgress: progress, signal };
    const found = await huntHistory(await this.#open(), hunt, work => {
      this.#isHistory = true;
      try {
        work();
      } finally {
        this.#isHistory = false;
      }
    });
    return { ...found, findings: this.#historyFindings };
  }

  #open(): Promise<Opened> {
    this.#opening ??= this.#load().catch(error => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #load(): Promise<Opened> {
    const code = await import('@redoubt/detect/intelligence');
    const library = await code.IndicatorLibrary.open(this.#file, set => {
      this.#opened?.matcher.replace(set);
      this.#judgedFrom = this.#parts.recorder.stats().nextSequence;
    });
    const matcher = code.createIndicatorMatcher(library.set, {
      onFinding: finding => {
        if (this.#isHistory && finding.activity_id === 1) this.#historyFindings++;
        this.#parts.onFinding(finding, this.#isHistory);
      },
    });
    this.#opened = { code, library, matcher };
    return this.#opened;
  }

  async #librarySurelyWith(source: string): Promise<IndicatorLibrary> {
    const library = this.#opened?.library;
    if (library?.sources.some(({ name }) => name === source) === true) return library;
    throw notFound({ en: `source “${source}” of indicators`, zh: `名为“${source}”的情报源` });
  }

  #countsOf(set: IndicatorSet): Record<string, number>[] {
    if (this.#counted?.set !== set) this.#counted = { set, counts: countSources(set) };
    return this.#counted.counts;
  }

  #isListed(digest: string): boolean {
    const hits: Hit[] = [];
    this.#opened?.library.set.matchDigest('sha256', digest, hits);
    return hits.length > 0;
  }

  /** Judges a recorded start of a program once more, with the digest that it did not have. */
  async #judgeStart(sequence: number, digest: string): Promise<void> {
    await this.#parts.recorder.flush();
    const event = (await this.#parts.reader.event(sequence))?.toEvent();
    if (event?.process?.file === undefined) return;
    const hashes = [{ algorithm_id: 3, algorithm: 'SHA-256', value: digest }];
    const process = { ...event.process, file: { ...event.process.file, hashes } };
    this.#opened?.matcher.evaluate(viewOf({ ...event, process }));
  }

  /** @returns where the damaged file is now */
  #putAside(): string {
    const aside = `${this.#file}.damaged`;
    renameSync(this.#file, aside);
    return aside;
  }
}

function indicatorsLost(error: unknown, aside: string): WarningChange {
  const words = error instanceof Error ? error.message : String(error);
  return {
    code: 'indicators-lost',
    active: true,
    text: {
      en: `The indicators cannot be read and are put aside as ${aside}; import the feeds anew: ${words}`,
      zh: `威胁情报指标无法读取，已另存为 ${aside}；请重新导入情报：${words}`,
    },
  };
}
