/** Who talks to whom. */
import { type ReactNode, useCallback, useState } from 'react';
import type { FlowItem } from '../../api/contract.ts';
import { useResource } from '../../api/hooks.ts';
import { getFlows } from '../../api/network.ts';
import { Ago, Panel, Path } from '../../parts/basics.tsx';
import { type Column, Grid } from '../../parts/grid.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Loaded } from '../../parts/states.tsx';
import { useSpeech } from '../../text/text.tsx';
import { usePeriod } from './period.tsx';

const asked = 5_000;
const shown = 300;

function keyOf(one: FlowItem): string {
  return [
    one.direction,
    one.protocol,
    one.source,
    one.destination,
    one.port,
    one.program,
    one.user,
    one.container,
  ].join(' ');
}

/** The section about flows. */
export function Flows(): ReactNode {
  const { text, format } = useSpeech();
  const words = text.network;
  const { from, choice } = usePeriod();
  const [filter, setFilter] = useState('');
  const load = useCallback((signal: AbortSignal) => getFlows({ from, limit: asked }, signal), [from]);
  const resource = useResource(load);
  const columns: Column<FlowItem>[] = [
    { title: words.flow.way, kind: 'tight', cell: one => words.way[one.direction] },
    { title: words.flow.from, kind: 'tight', cell: one => <code>{one.source || words.thisHost}</code> },
    { title: words.flow.to, kind: 'tight', cell: one => <code>{one.destination || words.thisHost}</code> },
    {
      title: words.flow.port,
      kind: 'tight',
      cell: one => (
        <code>
          {one.protocol}/{one.port}
        </code>
      ),
    },
    { title: words.flow.count, kind: 'number', cell: one => format.count(one.count) },
    { title: words.flow.last, kind: 'tight', cell: one => <Ago time={one.last} /> },
    { title: words.flow.user, kind: 'tight', cell: one => one.userName || one.user },
    {
      title: words.flow.program,
      kind: 'wide',
      cell: one => one.program !== '' && <Path value={one.program} />,
    },
  ];
  const wanted = filter.trim().toLowerCase();
  return (
    <>
      <div className="filters">
        <label className="search">
          <Icon name="search" />
          <input
            className="field"
            type="search"
            aria-label={words.filter}
            placeholder={words.filter}
            data-filter
            value={filter}
            onChange={event => setFilter(event.target.value)}
          />
        </label>
        {choice}
      </div>
      <Loaded resource={resource}>
        {({ flows, unkept }) => {
          const found = flows.filter(one =>
            `${one.source} ${one.destination} ${one.protocol}/${one.port} ${one.userName} ${one.program}`
              .toLowerCase()
              .includes(wanted),
          );
          return (
            <Panel
              title={words.flows}
              className="flush"
              aside={
                <span className="soft">
                  {text.common.of(format.count(Math.min(shown, found.length)), format.count(flows.length))}
                </span>
              }
            >
              {unkept > 0 && <p className="padded warn-text">{words.unkept(format.count(unkept))}</p>}
              {found.length === 0 ? (
                <p className="padded soft">{flows.length === 0 ? words.noFlows : words.noMatch}</p>
              ) : (
                <Grid label={words.flows} columns={columns} rows={found.slice(0, shown)} keyOf={keyOf} />
              )}
            </Panel>
          );
        }}
      </Loaded>
    </>
  );
}
