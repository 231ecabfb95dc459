import { type ReactNode, useCallback } from 'react';
import { getIncidents } from '../../api/client.ts';
import type { Incident } from '../../api/contract.ts';
import { useMessages, useResource } from '../../api/hooks.ts';
import { Ago } from '../../parts/basics.tsx';
import { Severity } from '../../parts/severity.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { hrefOf } from '../../router.ts';
import { useSpeech } from '../../text/text.tsx';
import { IncidentStatusName, Score } from './status.tsx';
import '../findings/finding-rows.css';
import './incidents.css';

const shown = 100;
const choices = { open: '1,2,3', closed: '4,5', all: '' } as const;

function Row({ incident }: { incident: Incident }): ReactNode {
  const { text, format, say } = useSpeech();
  const { redoubt } = incident;
  return (
    <li>
      <a
        className="finding-row incident-row"
        href={hrefOf('incidents', incident.metadata.uid)}
        data-row
        data-closed={incident.status_id > 3}
      >
        <Severity id={incident.severity_id} />
        <Score value={redoubt.score.value} />
        <span className="finding-title">
          <strong>{say(redoubt.title)}</strong>
          <span className="chip">{text.incident.findings(format.count(incident.count))}</span>
        </span>
        <span className="soft">{incident.assignee?.name}</span>
        <span className="finding-seen soft">
          <Ago time={incident.end_time} />
        </span>
        <IncidentStatusName id={incident.status_id} />
      </a>
    </li>
  );
}

/** Takes a new or changed incident into a list that is sorted by the last event. */
function merged(list: readonly Incident[], changed: Incident, status: string): Incident[] {
  const rest = list.filter(({ metadata }) => metadata.uid !== changed.metadata.uid);
  const isGone = changed.redoubt.merged_into !== undefined;
  const belongs = status === '' || status.split(',').includes(String(changed.status_id));
  if (isGone || !belongs) return rest;
  return [...rest, changed].sort((a, b) => b.end_time - a.end_time);
}

/** Incidents, the one with the last event first; new ones arrive by themselves. */
export function IncidentsPage({ query }: { query: URLSearchParams }): ReactNode {
  const { text } = useSpeech();
  const status = query.get('status') ?? choices.open;
  const load = useCallback((signal: AbortSignal) => getIncidents({ status, limit: shown }, signal), [status]);
  const resource = useResource(load);
  const { update } = resource;
  const onIncident = useCallback(
    (changed: Incident) => update(page => ({ ...page, items: merged(page.items, changed, status) })),
    [update, status],
  );
  useMessages('incident', onIncident);
  const names = { open: text.findings.open, closed: text.findings.closed, all: text.common.all };
  return (
    <>
      <div className="page-head">
        <h1>{text.incident.title}</h1>
        <nav className="choices joined" aria-label={text.findings.status}>
          {(['open', 'closed', 'all'] as const).map(choice => (
            <a
              key={choice}
              className="button"
              href={`${hrefOf('incidents')}?status=${choices[choice]}`}
              aria-current={status === choices[choice] ? 'true' : undefined}
            >
              {names[choice]}
            </a>
          ))}
        </nav>
      </div>
      <section className="panel flush" aria-label={text.incident.list} aria-busy={resource.loading}>
        <div className="body">
          <Loaded resource={resource}>
            {({ items }) =>
              items.length === 0 ? (
                <Empty title={text.incident.empty}>
                  <p>{text.incident.emptyHelp}</p>
                </Empty>
              ) : (
                <ul className="finding-rows" aria-label={text.incident.list}>
                  {items.map(incident => (
                    <Row key={incident.metadata.uid} incident={incident} />
                  ))}
                </ul>
              )
            }
          </Loaded>
        </div>
      </section>
    </>
  );
}
