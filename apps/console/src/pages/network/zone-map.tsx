/** The map of zones: a picture, and the same as a table. */
import { type ReactNode, useCallback, useId } from 'react';
import type { SegmentationMap, ZoneEdge } from '../../api/contract.ts';
import { useResource } from '../../api/hooks.ts';
import { getZoneMap } from '../../api/network.ts';
import { Ago, Panel, Path } from '../../parts/basics.tsx';
import { Standing } from '../../parts/facts.tsx';
import { type Column, Grid } from '../../parts/grid.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Loaded } from '../../parts/states.tsx';
import { hrefOf } from '../../router.ts';
import { useSpeech } from '../../text/text.tsx';
import { usePeriod } from './period.tsx';
import { box, layOut } from './zone-layout.ts';

function useZoneName(): (name: string) => string {
  const { text } = useSpeech();
  const names = text.network.zone;
  return name => names[name as keyof typeof names] ?? name;
}

function Picture({ map }: { map: SegmentationMap }): ReactNode {
  const { text, format } = useSpeech();
  const nameOf = useZoneName();
  const arrow = useId();
  const { zones, links, width, height } = layOut(map);
  return (
    <div className="zone-map">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={text.network.map}>
        <defs>
          {(['allowed', 'denied'] as const).map(kind => (
            <marker
              key={kind}
              id={`${arrow}${kind}`}
              className={kind}
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="7"
              markerHeight="7"
              orient="auto"
            >
              <path d="M0 0 8 4 0 8z" />
            </marker>
          ))}
        </defs>
        {links.map(link => {
          const kind = link.allowed ? 'allowed' : 'denied';
          return (
            <g key={`${link.from} ${link.to} ${kind}`} className={`link ${kind}`}>
              <path d={link.path} markerEnd={`url(#${arrow}${kind})`} />
              <text x={link.x} y={link.y + 4}>
                {link.ports}
              </text>
            </g>
          );
        })}
        {zones.map(({ name, addresses, x, y }) => (
          <g key={name} className={name === 'own' ? 'zone own' : 'zone'}>
            <rect x={x} y={y} width={box.width} height={box.height} rx="7" />
            <text x={x + box.width / 2} y={y + (name === 'own' ? 31 : 23)}>
              {nameOf(name)}
            </text>
            {name !== 'own' && (
              <text className="zone-size" x={x + box.width / 2} y={y + 41}>
                {text.network.addresses(format.count(addresses))}
              </text>
            )}
          </g>
        ))}
      </svg>
    </div>
  );
}

/** The section about zones. */
export function ZoneMap(): ReactNode {
  const { text, format } = useSpeech();
  const words = text.network;
  const nameOf = useZoneName();
  const { from, choice } = usePeriod();
  const load = useCallback((signal: AbortSignal) => getZoneMap({ from }, signal), [from]);
  const resource = useResource(load);
  const columns: Column<ZoneEdge>[] = [
    { title: words.flow.from, kind: 'tight', cell: one => nameOf(one.from) },
    { title: words.flow.to, kind: 'tight', cell: one => nameOf(one.to) },
    {
      title: words.flow.port,
      kind: 'tight',
      cell: one => (
        <code>
          {one.protocol}/{one.port}
        </code>
      ),
    },
    {
      title: words.judged,
      kind: 'tight',
      cell: one => (
        <Standing level={one.allowed ? 'good' : 'bad'}>{one.allowed ? words.allowed : words.denied}</Standing>
      ),
    },
    { title: words.flow.count, kind: 'number', cell: one => format.count(one.count) },
    { title: words.flow.last, kind: 'tight', cell: one => <Ago time={one.last} /> },
    {
      title: words.flow.program,
      kind: 'wide',
      cell: one => one.programs.map(path => <Path key={path} value={path} />),
    },
  ];
  return (
    <>
      <div className="filters">{choice}</div>
      <Loaded resource={resource}>
        {map => (
          <div className="stack">
            {map.proposed && map.edges.length > 0 && (
              <p className="notice calm">
                <Icon name="info" />
                <span>
                  {words.mapProposed} <a href={hrefOf('network', 'policy')}>{words.toPolicy}</a>
                </span>
              </p>
            )}
            <Panel title={words.map}>
              {map.edges.length === 0 ? <p className="soft">{words.noFlows}</p> : <Picture map={map} />}
            </Panel>
            {map.edges.length > 0 && (
              <Panel title={words.between} className="flush">
                <Grid
                  label={words.between}
                  columns={columns}
                  rows={map.edges}
                  keyOf={one => `${one.from} ${one.to} ${one.protocol} ${one.port} ${one.allowed}`}
                />
              </Panel>
            )}
          </div>
        )}
      </Loaded>
    </>
  );
}
