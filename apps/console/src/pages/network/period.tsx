/** Since when flows count. */
import { type ReactNode, useMemo, useState } from 'react';
import { useSpeech } from '../../text/text.tsx';

const day = 86_400_000;
const periods = { day, week: 7 * day, month: 30 * day } as const;
export type Period = keyof typeof periods;
const names = Object.keys(periods) as Period[];

/** The chosen period and when it began, to the moment at which it was chosen. */
export function usePeriod(): { from: number; choice: ReactNode } {
  const { text } = useSpeech();
  const words = text.network;
  const [period, setPeriod] = useState<Period>('week');
  const from = useMemo(() => Date.now() - periods[period], [period]);
  const choice = (
    <fieldset className="choices joined">
      <legend className="unseen">{words.period}</legend>
      {names.map(name => (
        <button
          key={name}
          type="button"
          className="button"
          aria-pressed={name === period}
          onClick={() => setPeriod(name)}
        >
          {words.periods[name]}
        </button>
      ))}
    </fieldset>
  );
  return { from, choice };
}
