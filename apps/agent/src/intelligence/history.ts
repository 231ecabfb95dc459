/** Looks for what an import has brought in what was recorded before it. */
import type { EventView } from '@redoubt/model';
import type { Reader, Recorder } from '@redoubt/store';
import type { IntelligenceHunt } from './contract.ts';
import type { Opened } from './opened.ts';

/** What is looked for, and where. */
export interface HistoryHunt {
  readonly recorder: Pick<Recorder, 'flush'>;
  readonly reader: Pick<Reader, 'events'>;
  /** Only indicators of this source, by name, that came at this time (milliseconds since the Unix epoch) or later. */
  readonly source: string;
  readonly addedSince: number;
  /** Events from this sequence number on are left out: they were judged as they came. */
  readonly before: number;
  /** Told of the events read so far. */
  readonly onProgress: (events: number) => void;
  readonly signal: AbortSignal;
}

/** Hunts; sightings go to the matcher. @throws the signal's reason when it is aborted */
export async function huntHistory(
  { code, library, matcher }: Opened,
  { recorder, reader, source, addedSince, before, onProgress, signal }: HistoryHunt,
  take: (work: () => void) => void,
): Promise<Omit<IntelligenceHunt, 'findings'>> {
  const { set } = library;
  await recorder.flush();
  let unreadable = 0;
  const events = reader.events({
    kinds: code.observableKinds(set),
    beforeSequence: before,
    signal,
    onDamage: ({ count }) => {
      unreadable += count;
    },
  });
  const { lookedAt, most, ...counts } = await code.retroHunt(set, events, {
    sources: new Set([source]),
    addedSince,
    signal,
    onProgress: report => onProgress(report.events),
    onSighting: (sightings, view) => take(() => matcher.take(sightings, view)),
  });
  matcher.flush();
  return { ...counts, looked_at: lookedAt, most: [...most], unreadable };
}

const dayMilliseconds = 86_400_000;
/** A source is checked for breadth against at most this many events of the last day, the newest. */
const recentEvents = 200_000;

/**
 * Events of the last day that have something to look up. What kinds these are is judged when they are first asked
 * for: after an import by the new set.
 */
export async function* recentHistory(
  { code, library }: Opened,
  reader: Pick<Reader, 'events'>,
  now: number,
  signal: AbortSignal,
): AsyncGenerator<EventView> {
  yield* reader.events({
    kinds: code.observableKinds(library.set),
    from: now - dayMilliseconds,
    order: 'descending',
    limit: recentEvents,
    signal,
  });
}
