/** The ladder that every protection climbs: observe, audit, enforce. */
import type { ReactNode } from 'react';
import type { ProtectionItem } from '../api/contract.ts';
import { useSpeech } from '../text/text.tsx';
import './ladder.css';

export type Rung = ProtectionItem['policy']['rung'];

/** The rungs, from the one that only looks to the one that blocks. */
export const rungs = ['observe', 'audit', 'enforce'] as const satisfies readonly Rung[];

/** Where a protection stands; `trial` while a step has yet to be confirmed. */
export function LadderView({ rung, trial = false }: { rung: Rung; trial?: boolean }): ReactNode {
  const { text } = useSpeech();
  const at = rungs.indexOf(rung);
  return (
    <ol className="ladder" aria-label={text.protection.ladder} data-trial={trial} data-rung={rung}>
      {rungs.map((one, index) => (
        <li key={one} data-reached={index <= at} aria-current={index === at ? 'step' : undefined}>
          <strong>{text.protection.rung[one]}</strong>
          <span>{text.protection.rungHelp[one]}</span>
        </li>
      ))}
    </ol>
  );
}
