/** The events that the list shows: the record's last ones, then what happens. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { type EventsFilter, type Failure, failureOf, getEvents } from '../../api/client.ts';
import type { Event } from '../../api/contract.ts';
import { useFeed, useMessages, useSession } from '../../api/hooks.ts';

const firstPage = 100;
/** How many live events a list holds; older ones are in the record and load by the page. */
const liveLimit = 500;
/** Events arrive up to 50 times a second; the list is drawn a few times a second. */
const drawEvery = 200;

/** State of the event list. */
export interface LiveEvents {
  events: readonly Event[];
  /** Why nothing could be loaded, such as an error in `where`. */
  failure: Failure | undefined;
  loading: boolean;
  paused: boolean;
  /** Events that wait while the list is paused. */
  waiting: number;
  /** Matching events that the agent did not send. */
  skipped: number;
  /** Where older events begin; undefined when there are none. */
  next: number | undefined;
  pause: (paused: boolean) => void;
  loadOlder: () => void;
}

interface Loaded {
  events: readonly Event[];
  next: number | undefined;
  failure: Failure | undefined;
  loading: boolean;
}

const nothing: Loaded = { events: [], next: undefined, failure: undefined, loading: true };

function sequenceOf(event: Event): number {
  return event.metadata.sequence ?? 0;
}

/** Puts newer events before older ones, each once. */
export function joinEvents(newer: readonly Event[], older: readonly Event[]): Event[] {
  const known = new Set(newer.map(sequenceOf));
  return [...newer, ...older.filter(event => !known.has(sequenceOf(event)))].sort(
    (left, right) => sequenceOf(right) - sequenceOf(left),
  );
}

/** Loads and follows the events that match. Keep `filter` stable, by useMemo. */
export function useEvents(filter: EventsFilter): LiveEvents {
  const { feed, signOut } = useSession();
  const { generation } = useFeed();
  const [loaded, setLoaded] = useState(nothing);
  const [paused, setPaused] = useState(false);
  const [waiting, setWaiting] = useState(0);
  const [skipped, setSkipped] = useState(0);
  const queue = useRef<Event[]>([]);

  const fail = useCallback(
    (thrown: unknown) => {
      const failure = failureOf(thrown);
      if (failure.kind === 'unauthorized') signOut();
      setLoaded(old => ({ ...old, failure, loading: false }));
    },
    [signOut],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new generation loads what was missed.
  useEffect(() => {
    const abort = new AbortController();
    queue.current = [];
    setSkipped(0);
    setLoaded(old => ({ ...old, loading: true }));
    getEvents({ ...filter, limit: firstPage }, abort.signal).then(
      page => {
        if (abort.signal.aborted) return;
        setLoaded({ events: page.items, next: page.next, failure: undefined, loading: false });
        feed.watchEvents(filter);
      },
      (thrown: unknown) => {
        if (!abort.signal.aborted) fail(thrown);
      },
    );
    return () => abort.abort();
  }, [feed, filter, generation, fail]);

  useEffect(() => () => feed.watchEvents(undefined), [feed]);

  const onEvent = useCallback((event: Event) => {
    queue.current.push(event);
    if (queue.current.length > liveLimit) queue.current.shift();
  }, []);
  useMessages('event', onEvent);
  useMessages(
    'skipped',
    useCallback(({ count }) => setSkipped(sum => sum + count), []),
  );

  useEffect(() => {
    const timer = setInterval(() => {
      if (paused || queue.current.length === 0) {
        setWaiting(queue.current.length);
        return;
      }
      const fresh = queue.current.reverse();
      queue.current = [];
      setWaiting(0);
      setLoaded(old => {
        const events = joinEvents(fresh, old.events);
        if (events.length <= liveLimit) return { ...old, events };
        const kept = events.slice(0, liveLimit);
        return { ...old, events: kept, next: kept.at(-1)?.metadata.sequence };
      });
    }, drawEvery);
    return () => clearInterval(timer);
  }, [paused]);

  const { next } = loaded;
  const loadOlder = useCallback(() => {
    if (next === undefined) return;
    setPaused(true);
    setLoaded(old => ({ ...old, loading: true }));
    getEvents({ ...filter, limit: firstPage, before_sequence: next }).then(
      page =>
        setLoaded(old => ({
          events: joinEvents(old.events, page.items),
          next: page.next,
          failure: undefined,
          loading: false,
        })),
      fail,
    );
  }, [filter, next, fail]);

  return { ...loaded, paused, waiting, skipped, pause: setPaused, loadOlder };
}
