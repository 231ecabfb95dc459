import { type ReactNode, useCallback, useDeferredValue, useEffect, useMemo, useState } from 'react';
import { type FindingsFilter, failureOf, getFindings } from '../../api/client.ts';
import type { Finding } from '../../api/contract.ts';
import { useMessages, useResource } from '../../api/hooks.ts';
import { MoreButton } from '../../parts/basics.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Severity, severities } from '../../parts/severity.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { hrefOf, replaceRoute } from '../../router.ts';
import { useSpeech } from '../../text/text.tsx';
import { FindingRows } from './finding-rows.tsx';
import { merge } from './merge.ts';

const pageSize = 50;
const statusChoices = { open: '1,2', closed: '3,4', all: '' } as const;
const typingPause = 250;

function filterOf(query: URLSearchParams): FindingsFilter {
  return {
    severity: query.get('severity') ?? '',
    status: query.get('status') ?? statusChoices.open,
    q: query.get('q') ?? '',
  };
}

function setFilter(filter: FindingsFilter): void {
  const { severity, status, q } = filter;
  const query: Record<string, string> = { severity, q };
  const href = hrefOf('findings', undefined, query);
  if (status === statusChoices.open) replaceRoute(href);
  else replaceRoute(`${href}${href.includes('?') ? '&' : '?'}status=${status}`);
}

/** Whether a finding that just came belongs in a list, as far as the page can tell: not by words. */
function belongs(finding: Finding, { severity, status }: FindingsFilter): boolean {
  const has = (list: string, id: number): boolean => list === '' || list.split(',').includes(String(id));
  return has(severity, finding.severity_id) && has(status, finding.status_id);
}

function toggled(list: string, id: number): string {
  const chosen = list === '' ? [] : list.split(',');
  const text = String(id);
  return (chosen.includes(text) ? chosen.filter(one => one !== text) : [...chosen, text]).sort().join(',');
}

function Filters({ filter }: { filter: FindingsFilter }): ReactNode {
  const { text } = useSpeech();
  const [typed, setTyped] = useState(filter.q);
  const words = useDeferredValue(typed);
  useEffect(() => setTyped(filter.q), [filter.q]);
  useEffect(() => {
    if (words === filter.q) return;
    const timer = setTimeout(() => setFilter({ ...filter, q: words }), typingPause);
    return () => clearTimeout(timer);
  }, [words, filter]);
  const statusNames = { open: text.findings.open, closed: text.findings.closed, all: text.common.all };
  return (
    <div className="filters">
      <div className="search">
        <Icon name="search" size={15} />
        <input
          type="search"
          className="field"
          data-filter
          value={typed}
          placeholder={text.findings.search}
          aria-label={text.findings.search}
          onChange={event => setTyped(event.target.value)}
        />
      </div>
      <fieldset className="choices">
        <legend className="unseen">{text.findings.severity}</legend>
        {severities.map(id => (
          <button
            key={id}
            type="button"
            className="button"
            aria-pressed={filter.severity.split(',').includes(String(id))}
            onClick={() => setFilter({ ...filter, severity: toggled(filter.severity, id) })}
          >
            <Severity id={id} />
          </button>
        ))}
      </fieldset>
      <fieldset className="choices joined">
        <legend className="unseen">{text.findings.status}</legend>
        {(['open', 'closed', 'all'] as const).map(choice => (
          <button
            key={choice}
            type="button"
            className="button"
            aria-pressed={filter.status === statusChoices[choice]}
            onClick={() => setFilter({ ...filter, status: statusChoices[choice] })}
          >
            {statusNames[choice]}
          </button>
        ))}
      </fieldset>
    </div>
  );
}

/** All findings, newest first, filtered by severity, status and words; new ones arrive by themselves. */
export function FindingsPage({ query }: { query: URLSearchParams }): ReactNode {
  const { text, say } = useSpeech();
  const filter = useMemo(() => filterOf(query), [query]);
  const load = useCallback(
    (signal: AbortSignal) => getFindings({ ...filter, limit: pageSize }, signal),
    [filter],
  );
  const resource = useResource(load);
  const { update, reload } = resource;
  const [more, setMore] = useState<'idle' | 'loading' | { en: string; zh: string }>('idle');

  const onFinding = useCallback(
    (finding: Finding) => {
      if (filter.q !== '') reload();
      else update(page => ({ ...page, items: merge(page.items, finding, belongs(finding, filter)) }));
    },
    [filter, update, reload],
  );
  useMessages('finding', onFinding);

  const loadMore = async (before: string): Promise<void> => {
    setMore('loading');
    try {
      const older = await getFindings({ ...filter, limit: pageSize, before });
      update(page => {
        const known = new Set(page.items.map(item => item.finding_info.uid));
        const added = older.items.filter(item => !known.has(item.finding_info.uid));
        const items = [...page.items, ...added];
        return older.next === undefined ? { items } : { items, next: older.next };
      });
      setMore('idle');
    } catch (thrown) {
      setMore(failureOf(thrown));
    }
  };

  const filtered = filter.severity !== '' || filter.q !== '' || filter.status !== statusChoices.open;
  return (
    <>
      <div className="page-head">
        <h1>{text.findings.title}</h1>
      </div>
      <Filters filter={filter} />
      <section className="panel flush" aria-label={text.findings.list} aria-busy={resource.loading}>
        <div className="body">
          <Loaded resource={resource}>
            {page =>
              page.items.length === 0 && filtered ? (
                <Empty title={text.findings.noMatch}>
                  <a href={hrefOf('findings')}>{text.findings.clear}</a>
                </Empty>
              ) : (
                <>
                  <FindingRows findings={page.items} />
                  {page.next !== undefined && (
                    <MoreButton busy={more === 'loading'} onClick={() => void loadMore(page.next ?? '')} />
                  )}
                  {typeof more === 'object' && <p role="alert">{say(more)}</p>}
                </>
              )
            }
          </Loaded>
        </div>
      </section>
    </>
  );
}
