/** Figures side by side, and words about what is the case. */
import type { ReactNode } from 'react';
import type { Failure } from '../api/client.ts';
import { useSpeech } from '../text/text.tsx';
import { Copyable } from './basics.tsx';
import { Icon } from './icon.tsx';
import './facts.css';

/** A row of small figures, each beneath its name. */
export function Figures({
  items,
}: {
  items: readonly (readonly [name: string, value: ReactNode])[];
}): ReactNode {
  return (
    <dl className="figures">
      {items.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** How something stands, told by shape and word: `good`, `warn`, `bad`, or `idle` for what is not there. */
export function Standing({
  level,
  children,
}: {
  level: 'good' | 'warn' | 'bad' | 'idle';
  children: ReactNode;
}): ReactNode {
  return (
    <span className="standing" data-level={level}>
      <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
        {level === 'good' && <circle cx="5" cy="5" r="4" fill="currentColor" />}
        {level === 'warn' && <path d="M5 0 10 5 5 10 0 5z" fill="currentColor" />}
        {level === 'bad' && <path d="M0 0h10v10H0z" fill="currentColor" />}
        {level === 'idle' && <circle cx="5" cy="5" r="3.5" fill="none" stroke="currentColor" />}
      </svg>
      <span>{children}</span>
    </span>
  );
}

/** Why something that the user did was not done. */
export function Refusal({ failure }: { failure: Failure | undefined }): ReactNode {
  const { say } = useSpeech();
  if (failure === undefined) return null;
  return (
    <p className="notice bad refusal" role="alert">
      <Icon name="warning" />
      <span className="breaks">{say(failure)}</span>
    </p>
  );
}

/** A command for the server's terminal, with words that say when. */
export function OnServer({ words, command }: { words: string; command: string }): ReactNode {
  return (
    <p className="on-server soft">
      {words} <Copyable value={command} />
    </p>
  );
}
