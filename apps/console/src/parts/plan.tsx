/** What an action would do, what it leaves open, and the way back: shown before it is done. */
import type { ReactNode } from 'react';
import type { ActionPlan } from '../api/contract.ts';
import { useSpeech } from '../text/text.tsx';
import './forms.css';

export function PlanView({ plan }: { plan: ActionPlan }): ReactNode {
  const { text, say } = useSpeech();
  const words = text.acting;
  const parts = [
    [words.does, plan.does],
    [words.leaves, plan.leaves],
    [words.wayBack, [plan.undo]],
  ] as const;
  return (
    <section className="plan" aria-label={words.plan}>
      {parts.map(([title, sentences]) =>
        sentences.length === 0 ? null : (
          <div key={title}>
            <h3>{title}</h3>
            <ul>
              {sentences.map(sentence => (
                <li key={sentence.en} className="breaks">
                  {say(sentence)}
                </li>
              ))}
            </ul>
          </div>
        ),
      )}
    </section>
  );
}
