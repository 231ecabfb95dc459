/** The record of names: what was asked for, the answers, and who asked. */
import { type ReactNode, useCallback, useState } from 'react';
import type { DnsSeenItem } from '../../api/contract.ts';
import { useResource } from '../../api/hooks.ts';
import { getNamesSeen } from '../../api/network.ts';
import { Ago, At, Panel, Path } from '../../parts/basics.tsx';
import { type Column, Grid } from '../../parts/grid.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Loaded } from '../../parts/states.tsx';
import { hrefOf, replaceRoute } from '../../router.ts';
import { useSpeech } from '../../text/text.tsx';

const asked = 500;

/** The section about the record. */
export function Names({ query }: { query: URLSearchParams }): ReactNode {
  const { text, format } = useSpeech();
  const words = text.dns;
  const wanted = query.get('value') ?? '';
  const [value, setValue] = useState(wanted);
  const load = useCallback(
    (signal: AbortSignal) => getNamesSeen({ value: wanted, limit: asked }, signal),
    [wanted],
  );
  const resource = useResource(load);
  const columns: Column<DnsSeenItem>[] = [
    {
      title: words.column.name,
      kind: 'wide',
      cell: one => (
        <a href={hrefOf('dns', 'reputation', { name: one.name })} title={words.toReputation}>
          <code className="breaks">{one.name}</code>
        </a>
      ),
    },
    { title: words.column.type, kind: 'tight', cell: one => <code>{one.type}</code> },
    { title: words.column.data, cell: one => <code className="breaks">{one.data}</code> },
    { title: words.column.count, kind: 'number', cell: one => format.count(one.count) },
    { title: words.column.first, kind: 'tight', cell: one => <At time={one.first_time} /> },
    { title: words.column.last, kind: 'tight', cell: one => <Ago time={one.last_time} /> },
    {
      title: words.column.programs,
      cell: one => one.programs.filter(Boolean).map(path => <Path key={path} value={path} />),
    },
  ];
  return (
    <>
      <form
        className="filters"
        onSubmit={event => {
          event.preventDefault();
          replaceRoute(hrefOf('dns', undefined, { value: value.trim() }));
        }}
      >
        <label className="search">
          <Icon name="search" />
          <input
            className="field"
            type="search"
            aria-label={words.search}
            placeholder={words.search}
            data-filter
            value={value}
            onChange={event => setValue(event.target.value)}
          />
        </label>
        <button type="submit" className="button">
          {words.find}
        </button>
        <button type="button" className="button" disabled={resource.loading} onClick={resource.reload}>
          <Icon name="refresh" size={13} />
          {words.refresh}
        </button>
      </form>
      <Loaded resource={resource}>
        {({ items }) => (
          <Panel
            title={wanted === '' ? words.latest : words.found(wanted)}
            className="flush"
            aside={<span className="soft">{format.count(items.length)}</span>}
          >
            {items.length === 0 ? (
              <p className="padded soft">{wanted === '' ? words.noneSeen : words.notSeen}</p>
            ) : (
              <Grid
                label={words.record}
                columns={columns}
                rows={items}
                keyOf={one => `${one.name} ${one.type} ${one.data}`}
              />
            )}
          </Panel>
        )}
      </Loaded>
    </>
  );
}
