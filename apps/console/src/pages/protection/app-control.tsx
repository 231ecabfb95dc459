/** Application control beyond its rung: catalogs, coverage, counters. */
import { type ReactNode, useCallback } from 'react';
import type { AppControlAnswer } from '../../api/contract.ts';
import { usePolled } from '../../api/hooks.ts';
import { getAppControl } from '../../api/posture.ts';
import { At } from '../../parts/basics.tsx';
import { Figures, Standing } from '../../parts/facts.tsx';
import { type Column, Grid } from '../../parts/grid.tsx';
import { Loaded } from '../../parts/states.tsx';
import { useSpeech } from '../../text/text.tsx';

type Catalog = AppControlAnswer['catalogs'][number];
const interval = 5_000;

function Catalogs({ catalogs }: { catalogs: readonly Catalog[] }): ReactNode {
  const { text, format } = useSpeech();
  const words = text.protection.appControl;
  if (catalogs.length === 0) return <p className="soft">{words.noCatalogs}</p>;
  const columns: Column<Catalog>[] = [
    { title: words.name, kind: 'wide', cell: one => one.name },
    { title: words.owner, cell: one => one.owner },
    { title: words.issue, kind: 'number', cell: one => format.count(one.issue) },
    { title: words.programs, kind: 'number', cell: one => format.count(one.entries) },
    { title: words.made, kind: 'tight', cell: one => <At time={one.created} /> },
  ];
  return <Grid label={words.catalogs} columns={columns} rows={catalogs} keyOf={one => one.name} />;
}

function Mounts({ title, points }: { title: string; points: readonly string[] }): ReactNode {
  if (points.length === 0) return null;
  return (
    <>
      <dt>{title}</dt>
      <dd className="mono">{points.join('  ')}</dd>
    </>
  );
}

/** Shown below the ladder of application control. */
export function AppControl(): ReactNode {
  const { text, format, say } = useSpeech();
  const words = text.protection.appControl;
  const load = useCallback((signal: AbortSignal) => getAppControl(signal), []);
  const resource = usePolled(load, interval);
  return (
    <details className="fold app-control">
      <summary>
        <h3>{words.title}</h3>
      </summary>
      <Loaded resource={resource}>
        {({ catalogs, refused, golden, counters, covered, uncovered }) => (
          <div className="app-control-body">
            <h4>{words.catalogs}</h4>
            <Catalogs catalogs={catalogs} />
            {refused.length > 0 && (
              <ul aria-label={words.refused} className="bad-text">
                {refused.map(one => (
                  <li key={one.file}>
                    {words.refused}: <code>{one.file}</code> {say(one.text)}
                  </li>
                ))}
              </ul>
            )}
            <p className="soft">{words.golden(format.count(golden.programs))}</p>
            {golden.refused && (
              <p>
                <Standing level="warn">{say(golden.refused)}</Standing>
              </p>
            )}
            <h4>{words.counters}</h4>
            {counters === undefined ? (
              <p className="soft">{words.noGate}</p>
            ) : (
              <Figures
                items={Object.entries(counters).map(([name, value]) => [
                  Object.entries(words.counter).find(([known]) => known === name)?.[1] ?? name,
                  format.count(value),
                ])}
              />
            )}
            <dl className="facts">
              <Mounts title={words.covered} points={covered} />
              <Mounts title={words.uncovered} points={uncovered} />
            </dl>
          </div>
        )}
      </Loaded>
    </details>
  );
}
