/** Small parts that every page uses. */
import { type ReactNode, useEffect, useId, useRef, useState, useSyncExternalStore } from 'react';
import { useSpeech } from '../text/text.tsx';
import { Icon } from './icon.tsx';

/** A framed region with a heading; `aside` stands at the right of the heading. */
export function Panel({
  title,
  aside,
  className,
  children,
}: {
  title: string;
  aside?: ReactNode;
  className?: string;
  children: ReactNode;
}): ReactNode {
  const id = useId();
  return (
    <section className={className === undefined ? 'panel' : `panel ${className}`} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      <div className="body">{children}</div>
    </section>
  );
}

const tickers = new Set<() => void>();
let now = Date.now();
setInterval(() => {
  now = Date.now();
  for (const ticker of tickers) ticker();
}, 1000);

function subscribeToClock(ticker: () => void): () => void {
  tickers.add(ticker);
  return () => tickers.delete(ticker);
}

/** Milliseconds since the Unix epoch, to the second, kept up to date. */
export function useNow(): number {
  return useSyncExternalStore(subscribeToClock, () => now);
}

/** How long ago something was, with the exact time as its title. */
export function Ago({ time }: { time: number }): ReactNode {
  const { text, format } = useSpeech();
  const passed = useNow() - time;
  return (
    <time dateTime={new Date(time).toISOString()} title={format.dateTime(time)}>
      {passed < 5000 ? text.common.now : text.common.ago(format.roughly(passed))}
    </time>
  );
}

/** A date and time of day. */
export function At({ time }: { time: number }): ReactNode {
  const { format } = useSpeech();
  return <time dateTime={new Date(time).toISOString()}>{format.dateTime(time)}</time>;
}

/** A button that copies `value`; `about` says what that is. */
export function CopyButton({ value, about }: { value: string; about: string }): ReactNode {
  const { text } = useSpeech();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  const label = copied ? text.common.copied : text.common.copy;
  return (
    <button
      type="button"
      className="button quiet copy"
      aria-label={`${label}: ${about}`}
      title={label}
      onClick={() => void navigator.clipboard.writeText(value).then(() => setCopied(true))}
    >
      <Icon name={copied ? 'check' : 'copy'} size={13} />
    </button>
  );
}

/** A value in fixed width with a button to copy it; `children` may show it shortened. */
export function Copyable({ value, children }: { value: string; children?: ReactNode }): ReactNode {
  return (
    <span className="copyable">
      <code className="breaks" title={children === undefined ? undefined : value}>
        {children ?? value}
      </code>
      <CopyButton value={value} about={value} />
    </span>
  );
}

/** A command line, whole if it is short, else folded to three lines with a button to see the rest. */
export function CommandLine({ value }: { value: string }): ReactNode {
  const { text } = useSpeech();
  const [open, setOpen] = useState(false);
  const [tall, setTall] = useState(false);
  const box = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another command line is another height.
  useEffect(() => {
    const element = box.current;
    if (element) setTall(element.scrollHeight > element.clientHeight + 2);
  }, [value]);
  return (
    <>
      <code ref={box} className={open ? 'command' : 'command folded'}>
        {value}
      </code>
      {(tall || open) && (
        <button type="button" className="button quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? text.common.showLess : text.common.showAll}
        </button>
      )}
    </>
  );
}

/** A path cut in its middle rather than at its end, for the last part is what tells files apart. */
export function Path({ value }: { value: string }): ReactNode {
  const slash = value.lastIndexOf('/');
  return (
    <span className="path mono" title={value}>
      <span className="path-folder">{value.slice(0, slash + 1)}</span>
      <span className="path-name">{value.slice(slash + 1)}</span>
    </span>
  );
}

/** Asks for the next, older page of a list. */
export function MoreButton({ busy, onClick }: { busy: boolean; onClick: () => void }): ReactNode {
  const { text } = useSpeech();
  return (
    <p className="more">
      <button type="button" className="button" disabled={busy} onClick={onClick}>
        {busy ? text.state.loading : text.state.more}
      </button>
    </p>
  );
}
