/** The agent's answers as React state. */
import { createContext, useCallback, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import { type Failure, failureOf } from './client.ts';
import type { StreamMessages } from './contract.ts';
import type { Feed, FeedState } from './feed.ts';

/** The session: the feed, and what to do when the agent no longer knows us. */
export interface Session {
  feed: Feed;
  signOut: () => void;
}

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('a page was shown outside a session');
  return session;
}

/** Link, summary and recent rates. */
export function useFeed(): FeedState {
  const { feed } = useSession();
  return useSyncExternalStore(feed.subscribe, feed.getState);
}

/** Calls `listener` for each message of a kind. Keep `listener` stable, by useCallback. */
export function useMessages<Name extends keyof StreamMessages>(
  name: Name,
  listener: (message: StreamMessages[Name]) => void,
): void {
  const { feed } = useSession();
  useEffect(() => feed.on(name, listener), [feed, name, listener]);
}

/** Something asked of the agent. The last good data stays while it is asked again or when that fails. */
export interface Resource<T> {
  data: T | undefined;
  failure: Failure | undefined;
  loading: boolean;
  /** Asks again. */
  reload: () => void;
  /** Changes the data in place, as when a message tells of a change. */
  update: (change: (data: T) => T) => void;
}

/**
 * Asks the agent, again whenever `load` changes or the link comes back. Keep `load` stable, by useCallback.
 */
export function useResource<T>(load: (signal: AbortSignal) => Promise<T>): Resource<T> {
  const { signOut } = useSession();
  const { generation } = useFeed();
  const [asked, setAsked] = useState(0);
  const [state, setState] = useState<Pick<Resource<T>, 'data' | 'failure' | 'loading'>>({
    data: undefined,
    failure: undefined,
    loading: true,
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new generation or wish asks again.
  useEffect(() => {
    const abort = new AbortController();
    setState(({ data, failure }) => ({ data, failure, loading: true }));
    load(abort.signal).then(
      data => {
        if (!abort.signal.aborted) setState({ data, failure: undefined, loading: false });
      },
      (thrown: unknown) => {
        if (abort.signal.aborted) return;
        const failure = failureOf(thrown);
        if (failure.kind === 'unauthorized') signOut();
        setState(({ data }) => ({ data, failure, loading: false }));
      },
    );
    return () => abort.abort();
  }, [load, generation, asked, signOut]);

  const reload = useCallback(() => setAsked(count => count + 1), []);
  const update = useCallback((change: (data: T) => T) => {
    setState(old => (old.data === undefined ? old : { ...old, data: change(old.data) }));
  }, []);
  return { ...state, reload, update };
}

/** A resource that is asked for again every `interval` milliseconds while the page is seen. Keep `load` stable. */
export function usePolled<T>(load: (signal: AbortSignal) => Promise<T>, interval: number): Resource<T> {
  const resource = useResource(load);
  const { reload } = resource;
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') reload();
    }, interval);
    return () => clearInterval(timer);
  }, [reload, interval]);
  return resource;
}

/** Something that the user does: whether it is under way, and why it last failed. */
export interface Deed {
  busy: boolean;
  failure: Failure | undefined;
  /** Does it. Resolves to whether it was done; a failure is kept to be shown. */
  run: (work: () => Promise<unknown>) => Promise<boolean>;
}

/** Runs what the user asks for, one at a time. */
export function useDeed(): Deed {
  const { signOut } = useSession();
  const [state, setState] = useState<Pick<Deed, 'busy' | 'failure'>>({ busy: false, failure: undefined });
  const run = useCallback(
    async (work: () => Promise<unknown>) => {
      setState({ busy: true, failure: undefined });
      try {
        await work();
        setState({ busy: false, failure: undefined });
        return true;
      } catch (thrown) {
        const failure = failureOf(thrown);
        if (failure.kind === 'unauthorized') signOut();
        setState({ busy: false, failure });
        return false;
      }
    },
    [signOut],
  );
  return { ...state, run };
}
