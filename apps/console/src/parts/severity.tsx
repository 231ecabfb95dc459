import type { ReactNode } from 'react';
import { useSpeech } from '../text/text.tsx';
import './severity.css';

/** OCSF severities, worst first. */
export const severities = [5, 4, 3, 2, 1] as const;

/** OCSF `severity_id` as the dictionaries have it. */
export type SeverityId = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/** A number as an OCSF severity; 0, unknown, when it is none. */
export function severityOf(id: number): SeverityId {
  return id === 1 || id === 2 || id === 3 || id === 4 || id === 5 || id === 6 ? id : 0;
}

/** Rising bars, as many as the severity has degrees: told apart without colour. */
function Bars({ level }: { level: number }): ReactNode {
  const heights = [4, 6.5, 9, 11.5, 14];
  return (
    <svg width="18" height="14" viewBox="0 0 18 14" aria-hidden="true">
      {heights.map((height, index) => (
        <rect
          key={height}
          x={index * 3.75}
          y={14 - height}
          width="2.75"
          height={height}
          rx="1"
          fill="currentColor"
          className={index < level ? undefined : 'empty-bar'}
        />
      ))}
    </svg>
  );
}

/** A severity as bars, a word and a colour. */
export function Severity({ id, badge = false }: { id: number; badge?: boolean }): ReactNode {
  const { text } = useSpeech();
  const level = severityOf(id);
  return (
    <span className={badge ? 'severity badge' : 'severity'} data-level={level}>
      <Bars level={level} />
      {text.severity[level]}
    </span>
  );
}
