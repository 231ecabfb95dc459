/** Who is there: a sign-in screen until the agent knows us, then the console. */
import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react';
import { failureOf, getSummary, signIn } from '../api/client.ts';
import { Feed } from '../api/feed.ts';
import { SessionContext } from '../api/hooks.ts';
import { SignIn, type SignInTrouble } from '../pages/sign-in.tsx';
import { Frame } from './frame.tsx';

type Standing = 'checking' | 'in' | 'out';

/** The token that the agent put behind `#`, removed from the address and the history at once. */
function takeToken(): string | undefined {
  const token = /^#token=(.+)$/.exec(location.hash)?.[1];
  if (token === undefined) return undefined;
  history.replaceState(null, '', location.pathname);
  return decodeURIComponent(token);
}

/** React may run an effect twice; a token is only good to be taken once. */
const givenToken = takeToken();
let firstEntry: Promise<void> | undefined;

async function enter(token: string | undefined): Promise<void> {
  if (token !== undefined) await signIn(token);
  await getSummary();
}

function troubleOf(thrown: unknown, hadToken: boolean): SignInTrouble | undefined {
  const { kind } = failureOf(thrown);
  if (kind !== 'unauthorized') return 'unreachable';
  return hadToken ? 'refused' : undefined;
}

export function App(): ReactNode {
  const [standing, setStanding] = useState<Standing>('checking');
  const [trouble, setTrouble] = useState<SignInTrouble>();

  const settle = useCallback(async (entry: Promise<void>, hadToken: boolean) => {
    try {
      await entry;
      setTrouble(undefined);
      setStanding('in');
    } catch (thrown) {
      setTrouble(troubleOf(thrown, hadToken));
      setStanding('out');
    }
  }, []);

  useEffect(() => {
    firstEntry ??= enter(givenToken);
    void settle(firstEntry, givenToken !== undefined);
  }, [settle]);

  // A link with a token may be opened in a tab that is already here: only the fragment changes then.
  useEffect(() => {
    const onHash = (): void => {
      const token = takeToken();
      if (token !== undefined) void settle(enter(token), true);
    };
    window.addEventListener('hashchange', onHash);
    return () => window.removeEventListener('hashchange', onHash);
  }, [settle]);

  const signOut = useCallback(() => setStanding('out'), []);
  if (standing === 'in') return <Console signOut={signOut} />;
  return (
    <SignIn
      checking={standing === 'checking'}
      trouble={trouble}
      onToken={token => settle(enter(token), token !== undefined)}
    />
  );
}

function Console({ signOut }: { signOut: () => void }): ReactNode {
  const feed = useMemo(() => new Feed(signOut), [signOut]);
  useEffect(() => {
    feed.start();
    return () => feed.stop();
  }, [feed]);
  const session = useMemo(() => ({ feed, signOut }), [feed, signOut]);
  return (
    <SessionContext value={session}>
      <Frame />
    </SessionContext>
  );
}
