/** What stands where data should be: loading, nothing, or a failure. */
import type { ReactNode } from 'react';
import type { Failure } from '../api/client.ts';
import type { Resource } from '../api/hooks.ts';
import { useSpeech } from '../text/text.tsx';
import { Icon } from './icon.tsx';

export function Loading(): ReactNode {
  const { text } = useSpeech();
  return (
    <div className="state" role="status">
      <span className="spinner" />
      {text.state.loading}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }): ReactNode {
  return (
    <div className="state">
      <strong>{title}</strong>
      {children}
    </div>
  );
}

export function Failed({ failure, retry }: { failure: Failure; retry: () => void }): ReactNode {
  const { text, say } = useSpeech();
  return (
    <div className="state" role="alert">
      <Icon name="offline" size={22} />
      <strong>{text.state.failed}</strong>
      <p>{say(failure)}</p>
      <button type="button" className="button" onClick={retry}>
        {text.state.retry}
      </button>
    </div>
  );
}

/** Shows a resource's data, or why there is none. Old data stays visible beneath a later failure. */
export function Loaded<T>({
  resource,
  children,
}: {
  resource: Resource<T>;
  children: (data: T) => ReactNode;
}): ReactNode {
  const { text, say } = useSpeech();
  const { data, failure, reload } = resource;
  if (data === undefined) return failure ? <Failed failure={failure} retry={reload} /> : <Loading />;
  return (
    <>
      {failure && (
        <div className="notice" role="status">
          <Icon name="warning" />
          {say(failure)} {text.state.stale}
        </div>
      )}
      {children(data)}
    </>
  );
}
