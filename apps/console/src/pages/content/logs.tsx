import { type ReactNode, useCallback } from 'react';
import type { LogSourceStatus } from '../../api/contract.ts';
import { useDeed, usePolled } from '../../api/hooks.ts';
import { getLogs, reloadLogs } from '../../api/posture.ts';
import { Ago, At, Panel } from '../../parts/basics.tsx';
import { Refusal, Standing } from '../../parts/facts.tsx';
import { type Column, Grid } from '../../parts/grid.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { useSpeech } from '../../text/text.tsx';

const interval = 5_000;
const levels = { starting: 'idle', running: 'good', failed: 'bad', stopped: 'warn' } as const;
/** A clock that is off by less is not worth telling, milliseconds. */
const leastOffset = 2_000;
const shownPlaces = 3;

function State({ source }: { source: LogSourceStatus }): ReactNode {
  const { text } = useSpeech();
  const words = text.content.logs;
  return (
    <>
      <Standing level={levels[source.state]}>{words.states[source.state]}</Standing>
      {source.failure !== undefined && <p className="small bad-text breaks entry-key">{source.failure}</p>}
      {source.retry_time !== undefined && (
        <p className="small faint">
          {words.retry} <At time={source.retry_time} />
        </p>
      )}
    </>
  );
}

function Places({ source }: { source: LogSourceStatus }): ReactNode {
  const { text, format } = useSpeech();
  const words = text.content.logs;
  const clock = source.clocks.find(({ offset_ms: offset }) => Math.abs(offset) >= leastOffset);
  const more = source.places.length - shownPlaces;
  return (
    <>
      <code className="breaks soft">{source.places.slice(0, shownPlaces).join('  ')}</code>
      {more > 0 && <span className="faint"> +{format.count(more)}</span>}
      {clock && (
        <p className="small warn-text">
          {(clock.offset_ms > 0 ? words.ahead : words.behind)(
            clock.of,
            format.duration(Math.abs(clock.offset_ms)),
          )}
        </p>
      )}
      {source.last_damage !== undefined && <p className="small warn-text breaks">{source.last_damage}</p>}
    </>
  );
}

/** Logs that are followed, and how well. */
export function LogSources(): ReactNode {
  const { text, format, say } = useSpeech();
  const words = text.content.logs;
  const load = useCallback((signal: AbortSignal) => getLogs(signal), []);
  const resource = usePolled(load, interval);
  const { update } = resource;
  const deed = useDeed();
  const reload = (): void =>
    void deed.run(async () => {
      const answer = await reloadLogs();
      update(() => answer);
    });
  const columns: Column<LogSourceStatus>[] = [
    { title: words.source, cell: one => <strong>{one.name}</strong> },
    { title: words.state, cell: one => <State source={one} /> },
    {
      title: words.type,
      kind: 'tight',
      cell: one => (one.format === undefined ? one.type : `${one.type} · ${one.format}`),
    },
    { title: words.records, kind: 'number', cell: one => format.count(one.records) },
    { title: words.damaged, kind: 'number', cell: one => format.count(one.damaged) },
    { title: words.lost, kind: 'number', cell: one => format.count(one.lost) },
    {
      title: words.last,
      kind: 'tight',
      cell: one => one.last_received !== undefined && <Ago time={one.last_received} />,
    },
    { title: words.places, kind: 'wide', cell: one => <Places source={one} /> },
  ];
  if (resource.data === undefined && resource.failure?.kind === 'not_found')
    return <Empty title={words.off} />;
  return (
    <Loaded resource={resource}>
      {({ config, problem, items }) => (
        <Panel
          title={words.sources}
          className="flush"
          aside={
            <button type="button" className="button" disabled={deed.busy} onClick={reload}>
              <Icon name="refresh" size={13} />
              {words.reload}
            </button>
          }
        >
          <p className="padded soft">
            {words.config}: <code className="breaks">{config}</code>
          </p>
          {problem && <p className="padded bad-text breaks">{say(problem)}</p>}
          <Refusal failure={deed.failure} />
          {items.length === 0 ? (
            <Empty title={words.empty} />
          ) : (
            <Grid label={words.sources} columns={columns} rows={items} keyOf={one => one.name} />
          )}
        </Panel>
      )}
    </Loaded>
  );
}
