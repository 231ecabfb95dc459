import { type ReactNode, useMemo } from 'react';
import { CopyButton } from './basics.tsx';

const token = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function colour(source: string): ReactNode[] {
  const parts: ReactNode[] = [];
  let end = 0;
  for (const match of source.matchAll(token)) {
    if (match.index > end) parts.push(source.slice(end, match.index));
    const [whole, string, colon] = match;
    const className = colon !== undefined ? 'key' : string !== undefined ? 'string' : 'literal';
    parts.push(
      <span key={match.index} className={className}>
        {whole}
      </span>,
    );
    end = match.index + whole.length;
  }
  parts.push(source.slice(end));
  return parts;
}

/** Data as indented, coloured JSON behind a fold. */
export function JsonFold({ title, data }: { title: string; data: unknown }): ReactNode {
  const source = useMemo(() => JSON.stringify(data, null, 2), [data]);
  return (
    <details className="fold">
      <summary>{title}</summary>
      <div className="json-tools">
        <CopyButton value={source} about={title} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard. */}
      <pre className="json" tabIndex={0}>
        {colour(source)}
      </pre>
    </details>
  );
}
