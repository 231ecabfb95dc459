/** The inventory: what there is on the server now, state by state. */
import { type ReactNode, useCallback, useState } from 'react';
import type { InventoryAnswer, InventoryEntry, InventoryListing } from '../../api/contract.ts';
import { useResource } from '../../api/hooks.ts';
import { getInventory, getListing } from '../../api/posture.ts';
import { Ago, Panel } from '../../parts/basics.tsx';
import { Figures } from '../../parts/facts.tsx';
import { type Column, Grid } from '../../parts/grid.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Loaded } from '../../parts/states.tsx';
import { hrefOf } from '../../router.ts';
import { asHeading } from '../../text/format.ts';
import { useSpeech } from '../../text/text.tsx';
import './integrity.css';

/** Rows that are drawn before someone asks for all. */
const firstRows = 200;
/** Facts that are the same in all rows, or that the key says already. */
const leftOut: Readonly<Record<string, readonly string[]>> = {
  persistence: ['path', 'name', 'program'],
  certificates: ['fingerprint', 'serial'],
  listeners: ['address', 'port', 'protocol'],
  routes: ['destination', 'device', 'metric'],
  services: ['program'],
};

function Facts({ entry, state }: { entry: InventoryEntry; state: string }): ReactNode {
  const { text, say } = useSpeech();
  const words = text.integrity;
  const names: Readonly<Record<string, string>> = words.fact;
  const told = Object.entries(entry.facts).filter(
    ([name, value]) => value !== '' && value !== null && !leftOut[state]?.includes(name),
  );
  return (
    <>
      {entry.remarks?.map(remark => (
        <p key={remark.en} className="remark">
          <Icon name="warning" size={13} /> {say(remark)}
        </p>
      ))}
      <dl className="entry-facts">
        {told.map(([name, value]) => (
          <div key={name}>
            <dt>{names[name] ?? name}</dt>
            <dd className={name.endsWith('sha256') ? 'mono digest' : 'mono'} title={String(value)}>
              {value === true ? words.yes : value === false ? words.no : String(value)}
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** The key without the kind that stands before it. */
const shownKey = ({ key, facts }: InventoryEntry): string => {
  const kind = facts['kind'] ?? facts['role'];
  return typeof kind === 'string' && key.startsWith(`${kind}:`) ? key.slice(kind.length + 1) : key;
};

function Listing({ listing }: { listing: InventoryListing }): ReactNode {
  const { text, format, say } = useSpeech();
  const words = text.integrity.inventory;
  const [filter, setFilter] = useState('');
  const [remarkable, setRemarkable] = useState(false);
  const [isWhole, setWhole] = useState(false);
  const wanted = filter.trim().toLowerCase();
  const matching = listing.items.filter(
    ({ key, facts, remarks }) =>
      (!remarkable || remarks !== undefined) &&
      (wanted === '' || `${key} ${Object.values(facts).join(' ')}`.toLowerCase().includes(wanted)),
  );
  const rows = isWhole ? matching : matching.slice(0, firstRows);
  const { column } = text.integrity;
  const columns: Column<InventoryEntry>[] = [
    { title: column.entry, cell: entry => <code className="breaks entry-key">{shownKey(entry)}</code> },
    { title: column.facts, kind: 'wide', cell: entry => <Facts entry={entry} state={listing.name} /> },
  ];
  const hasRemarks = listing.items.some(({ remarks }) => remarks !== undefined);
  return (
    <>
      <div className="padded listing-tools">
        <label className="search">
          <span className="unseen">{words.filter}</span>
          <Icon name="search" size={14} />
          <input
            className="field"
            type="search"
            data-filter
            placeholder={words.filter}
            value={filter}
            onChange={event => setFilter(event.target.value)}
          />
        </label>
        {hasRemarks && (
          <button
            type="button"
            className="button"
            aria-pressed={remarkable}
            onClick={() => setRemarkable(!remarkable)}
          >
            {words.remarkable}
          </button>
        )}
        <span className="soft" role="status">
          {words.count(format.count(matching.length), format.count(listing.items.length))} · {words.collected}{' '}
          <Ago time={listing.time} />
        </span>
      </div>
      {matching.length === 0 ? (
        <p className="padded soft">{listing.items.length === 0 ? words.none : words.noMatch}</p>
      ) : (
        <Grid label={say(listing.title)} columns={columns} rows={rows} keyOf={entry => entry.key} />
      )}
      {rows.length < matching.length && (
        <p className="more">
          <button type="button" className="button" onClick={() => setWhole(true)}>
            {words.showAll(format.count(matching.length))}
          </button>
        </p>
      )}
      {listing.more > 0 && <p className="padded warn-text">{words.more(format.count(listing.more))}</p>}
      {listing.troubles.length > 0 && (
        <details className="fold padded">
          <summary className="soft">
            {words.troubles}: {format.count(listing.troubles.length)}
          </summary>
          <ul className="small soft breaks">
            {listing.troubles.map(({ key, text: why }) => (
              <li key={`${key} ${why.en}`}>
                <code>{key}</code> {say(why)}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function State({ name, title }: { name: string; title: string }): ReactNode {
  const { text } = useSpeech();
  const words = text.integrity.inventory;
  const load = useCallback((signal: AbortSignal) => getListing(name, signal), [name]);
  const resource = useResource(load);
  return (
    <Panel
      title={title}
      className="flush"
      aside={
        <button type="button" className="button" disabled={resource.loading} onClick={resource.reload}>
          <Icon name="refresh" size={13} />
          {words.refresh}
        </button>
      }
    >
      {resource.loading && (
        <p className="padded soft" role="status">
          {words.collecting}
        </p>
      )}
      <Loaded resource={resource}>{listing => <Listing listing={listing} />}</Loaded>
    </Panel>
  );
}

function Watched({ answer }: { answer: InventoryAnswer }): ReactNode {
  const { text, format } = useSpeech();
  const words = text.integrity.inventory;
  return (
    <Panel title={words.watched}>
      <p className="panel-lead">{words.watchedHelp}</p>
      <Figures
        items={[
          [words.items, format.count(answer.items)],
          [
            words.lookedAt,
            answer.looked === null ? text.common.none : <Ago key="looked" time={answer.looked} />,
          ],
          [words.looks, format.count(answer.looks)],
          [words.prompted, format.count(answer.prompted)],
          [words.changes, format.count(answer.changes)],
          [words.explained, format.count(answer.explained)],
          [words.findings, format.count(answer.findings)],
        ]}
      />
    </Panel>
  );
}

export function Inventory({ query }: { query: URLSearchParams }): ReactNode {
  const { text, say } = useSpeech();
  const load = useCallback((signal: AbortSignal) => getInventory(signal), []);
  const resource = useResource(load);
  return (
    <Loaded resource={resource}>
      {answer => {
        const state = answer.states.find(({ name }) => name === query.get('state')) ?? answer.states[0];
        return (
          <div className="stack">
            <nav className="choices" aria-label={text.integrity.inventory.state}>
              {answer.states.map(({ name, title }) => (
                <a
                  key={name}
                  className="button"
                  href={hrefOf('integrity', 'inventory', { state: name })}
                  aria-current={name === state?.name ? 'true' : undefined}
                >
                  {asHeading(say(title))}
                </a>
              ))}
            </nav>
            {state && <State key={state.name} name={state.name} title={asHeading(say(state.title))} />}
            <Watched answer={answer} />
          </div>
        );
      }}
    </Loaded>
  );
}
