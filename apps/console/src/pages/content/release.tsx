import { type ReactNode, useCallback } from 'react';
import type { ContentAnswer } from '../../api/contract.ts';
import { usePolled } from '../../api/hooks.ts';
import { getContent } from '../../api/posture.ts';
import { At, Panel } from '../../parts/basics.tsx';
import { Figures, Standing } from '../../parts/facts.tsx';
import { type Column, Grid } from '../../parts/grid.tsx';
import { Loaded } from '../../parts/states.tsx';
import { useSpeech } from '../../text/text.tsx';

const interval = 10_000;
type Step = ContentAnswer['history'][number];

/** The release of content in force, its rules, and what was installed and taken back. */
export function Release(): ReactNode {
  const { text, format, say } = useSpeech();
  const words = text.content;
  const load = useCallback((signal: AbortSignal) => getContent(signal), []);
  const resource = usePolled(load, interval);
  const columns: Column<Step>[] = [
    { title: words.when, kind: 'tight', cell: step => <At time={step.time} /> },
    {
      title: words.what,
      kind: 'tight',
      cell: step => (
        <Standing level={step.step === 'installed' ? 'good' : 'warn'}>{words.step[step.step]}</Standing>
      ),
    },
    { title: words.version, kind: 'number', cell: step => String(step.version) },
    { title: words.why, kind: 'wide', cell: step => say(step.text) },
  ];
  return (
    <Loaded resource={resource}>
      {({ version, repository, rules, withdrawn, history }) => (
        <div className="stack">
          <Panel title={words.release}>
            <Figures
              items={[
                [words.release, version === null ? words.shipped : words.number(String(version))],
                [words.repository, repository === '' ? text.common.none : repository],
                [
                  words.rules,
                  <>
                    {format.count(rules.loaded)} {words.rulesLoaded}
                    {rules.refused > 0 && (
                      <span className="warn-text">
                        {' '}
                        · {format.count(rules.refused)} {words.rulesRefused}
                      </span>
                    )}
                  </>,
                ],
                [words.withdrawn, withdrawn.length === 0 ? text.common.none : withdrawn.join(', ')],
              ]}
            />
            {repository === '' && <p className="soft repository-help">{words.noRepository}</p>}
          </Panel>
          <Panel title={words.history} className="flush">
            {history.length === 0 ? (
              <p className="padded soft">{words.noHistory}</p>
            ) : (
              <Grid
                label={words.history}
                columns={columns}
                rows={history.toReversed()}
                keyOf={step => `${step.time} ${step.step} ${step.version}`}
              />
            )}
          </Panel>
        </div>
      )}
    </Loaded>
  );
}
