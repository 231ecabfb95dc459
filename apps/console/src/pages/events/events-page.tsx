import { type ReactNode, useCallback, useMemo, useState } from 'react';
import type { EventsFilter } from '../../api/client.ts';
import type { Event } from '../../api/contract.ts';
import { MoreButton } from '../../parts/basics.tsx';
import { Icon } from '../../parts/icon.tsx';
import { useKeys } from '../../parts/keys.ts';
import { Empty, Failed, Loading } from '../../parts/states.tsx';
import { hrefOf, replaceRoute } from '../../router.ts';
import { useSpeech } from '../../text/text.tsx';
import { EventRow } from './event-row.tsx';
import { FilterBar } from './filter-bar.tsx';
import { type LiveEvents, useEvents } from './use-events.ts';
import './events.css';

function setFilter({ where, kinds }: EventsFilter): void {
  replaceRoute(hrefOf('events', undefined, { where, kinds }));
}

function Stream({ live }: { live: LiveEvents }): ReactNode {
  const { text, format } = useSpeech();
  const { paused, waiting, pause } = live;
  return (
    <div className="stream-state">
      <span className="soft small" role="status">
        {paused ? text.events.paused(format.count(waiting)) : text.events.streaming}
      </span>
      <button type="button" className="button" aria-keyshortcuts="p" onClick={() => pause(!paused)}>
        <Icon name={paused ? 'play' : 'pause'} size={14} />
        {paused ? text.events.resume : text.events.pause}
      </button>
    </div>
  );
}

function List({ live, filtered }: { live: LiveEvents; filtered: boolean }): ReactNode {
  const { text } = useSpeech();
  const [opened, setOpened] = useState<number>();
  const { pause, failure } = live;
  const onToggle = useCallback(
    (event: Event) => {
      pause(true);
      setOpened(old => (old === event.metadata.sequence ? undefined : event.metadata.sequence));
    },
    [pause],
  );
  // An error in the filter is said below the filter.
  if (failure?.kind === 'refused') return null;
  if (failure && live.events.length === 0) {
    return <Failed failure={failure} retry={() => window.location.reload()} />;
  }
  if (live.events.length === 0) {
    if (live.loading) return <Loading />;
    return (
      <Empty title={text.events.waiting}>
        <p>{filtered ? text.events.noMatch : text.events.waitingHelp}</p>
      </Empty>
    );
  }
  const { column } = text.events;
  return (
    <>
      <div className="event-row event-columns small faint" aria-hidden="true">
        <span>{column.time}</span>
        <span>{column.kind}</span>
        <span>{column.process}</span>
        <span className="event-user">{column.user}</span>
        <span>{column.object}</span>
      </div>
      <ol className="event-list" aria-label={text.events.list}>
        {live.events.map(event => (
          <EventRow
            key={event.metadata.sequence ?? event.metadata.uid}
            event={event}
            open={opened === event.metadata.sequence}
            onToggle={onToggle}
          />
        ))}
      </ol>
      {live.next !== undefined && <MoreButton busy={live.loading} onClick={live.loadOlder} />}
    </>
  );
}

/** What happens on the host, as it happens, and what happened before. */
export function EventsPage({ query }: { query: URLSearchParams }): ReactNode {
  const { text, format } = useSpeech();
  const where = query.get('where') ?? '';
  const kinds = query.get('kinds') ?? '';
  const filter = useMemo(() => ({ where, kinds }), [where, kinds]);
  const live = useEvents(filter);
  const { paused, pause } = live;
  useKeys(useMemo(() => ({ p: () => pause(!paused) }), [paused, pause]));
  return (
    <>
      <div className="page-head">
        <h1>{text.events.title}</h1>
        <Stream live={live} />
      </div>
      <FilterBar filter={filter} failure={live.failure} onFilter={setFilter} />
      {live.skipped > 0 && (
        <p className="notice events-skipped" role="status">
          <Icon name="warning" />
          {text.events.skipped(format.count(live.skipped))}
        </p>
      )}
      <section className="panel" aria-label={text.events.list}>
        <List live={live} filtered={where !== '' || kinds !== ''} />
      </section>
    </>
  );
}
