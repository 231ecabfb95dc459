import { type ReactNode, useCallback } from 'react';
import type { IntelligenceAnswer, IntelligenceSource } from '../../api/contract.ts';
import { useDeed, usePolled } from '../../api/hooks.ts';
import { getIntelligence, holdSource, removeSource } from '../../api/posture.ts';
import { At, Panel } from '../../parts/basics.tsx';
import { Figures, OnServer, Refusal, Standing } from '../../parts/facts.tsx';
import { type Column, Grid } from '../../parts/grid.tsx';
import { Loaded } from '../../parts/states.tsx';
import { SureButton } from '../../parts/sure.tsx';
import { useSpeech } from '../../text/text.tsx';

const interval = 5_000;

function Totals({ answer }: { answer: IntelligenceAnswer }): ReactNode {
  const { text, format } = useSpeech();
  const words = text.content.intelligence;
  return (
    <div className="padded">
      <Figures
        items={[
          [words.total, format.count(answer.indicators)],
          [words.memory, format.bytes(answer.bytes)],
          [words.lookedAt, format.short(answer.looked_at)],
          [words.sightings, format.count(answer.sightings)],
        ]}
      />
      {answer.importing && (
        <p className="soft" role="status">
          {words.importing(answer.importing.source, format.count(answer.importing.indicators))}
        </p>
      )}
    </div>
  );
}

/** Where indicators come from; a source can rest, and be removed. */
export function IntelligenceSources(): ReactNode {
  const { text, format } = useSpeech();
  const words = text.content.intelligence;
  const load = useCallback((signal: AbortSignal) => getIntelligence(signal), []);
  const resource = usePolled(load, interval);
  const deed = useDeed();
  const act = (work: () => Promise<unknown>): void =>
    void deed.run(async () => {
      await work();
      resource.reload();
    });
  const columns: Column<IntelligenceSource>[] = [
    {
      title: words.source,
      cell: one => (
        <>
          <strong>{one.name}</strong> {one.local && <span className="chip">{words.local}</span>}
        </>
      ),
    },
    {
      title: text.content.logs.state,
      kind: 'tight',
      cell: one => (
        <Standing level={one.held ? 'warn' : 'good'}>{one.held ? words.held : words.active}</Standing>
      ),
    },
    { title: words.indicators, kind: 'number', cell: one => format.count(one.indicators) },
    {
      title: words.kinds,
      cell: one => (
        <span className="soft">
          {Object.entries(one.kinds)
            .map(([kind, count]) => `${kind} ${format.short(count)}`)
            .join(' · ')}
        </span>
      ),
    },
    { title: words.imported, kind: 'tight', cell: one => <At time={one.imported_time} /> },
    { title: words.origin, kind: 'wide', cell: one => <code className="breaks">{one.origin}</code> },
    {
      title: words.action,
      kind: 'tight',
      cell: one => (
        <span className="row-actions">
          <button
            type="button"
            className="button"
            disabled={deed.busy}
            onClick={() => act(() => holdSource(one.name, !one.held))}
          >
            {one.held ? words.resume : words.hold}
          </button>
          <SureButton
            label={words.remove}
            about={one.name}
            question={words.sure}
            yes={words.really}
            no={words.cancel}
            busy={deed.busy}
            onYes={() => act(() => removeSource(one.name))}
          />
        </span>
      ),
    },
  ];
  return (
    <Loaded resource={resource}>
      {answer => (
        <Panel title={words.sources} className="flush">
          <Totals answer={answer} />
          <Refusal failure={deed.failure} />
          {answer.items.length === 0 ? (
            <div className="padded">
              <OnServer words={words.empty} command="redoubt intel import FILE --source NAME" />
            </div>
          ) : (
            <Grid label={words.sources} columns={columns} rows={answer.items} keyOf={one => one.name} />
          )}
        </Panel>
      )}
    </Loaded>
  );
}
