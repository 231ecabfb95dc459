/** What is thought of a name, with every reason and its weight. */
import { type ReactNode, useCallback, useState } from 'react';
import type { DnsReputation } from '../../api/contract.ts';
import { useResource } from '../../api/hooks.ts';
import { getReputation } from '../../api/network.ts';
import { Panel } from '../../parts/basics.tsx';
import { Standing } from '../../parts/facts.tsx';
import { type Column, Grid } from '../../parts/grid.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Loaded } from '../../parts/states.tsx';
import { hrefOf, replaceRoute } from '../../router.ts';
import { useSpeech } from '../../text/text.tsx';

type Reason = DnsReputation['reasons'][number];

/** Scores from which a name looks doubtful, and bad. */
const doubtful = 30;
const bad = 60;

function Judgement({ name }: { name: string }): ReactNode {
  const { text, say } = useSpeech();
  const words = text.dns;
  const load = useCallback((signal: AbortSignal) => getReputation(name, signal), [name]);
  const resource = useResource(load);
  const columns: Column<Reason>[] = [
    {
      title: words.points,
      kind: 'number',
      cell: one => (one.points > 0 ? `+${one.points}` : String(one.points).replace('-', '−')),
    },
    { title: words.reason, kind: 'wide', cell: one => say(one.text) },
    {
      title: words.fact,
      kind: 'tight',
      cell: one => (
        <span className="small mono breaks">
          <span className="faint">{one.field}</span> {one.value}
        </span>
      ),
    },
  ];
  return (
    <Loaded resource={resource}>
      {({ score, registered, reasons }) => (
        <Panel
          title={name}
          className="flush"
          aside={
            <Standing level={score >= bad ? 'bad' : score >= doubtful ? 'warn' : 'good'}>
              {words.score(String(score))}
            </Standing>
          }
        >
          <p className="padded soft">
            {words.registered} <code>{registered}</code> ·{' '}
            <a href={hrefOf('dns', undefined, { value: registered })}>{words.toRecord}</a> ·{' '}
            <a href={hrefOf('responses', undefined, { kind: 'block-domain', domain: name })}>{words.block}</a>
          </p>
          {reasons.length === 0 ? (
            <p className="padded">{words.noReasons}</p>
          ) : (
            <Grid
              label={words.reasons}
              columns={columns}
              rows={reasons}
              keyOf={one => `${one.field} ${one.value} ${one.points}`}
            />
          )}
        </Panel>
      )}
    </Loaded>
  );
}

/** The section about reputation. */
export function Reputation({ query }: { query: URLSearchParams }): ReactNode {
  const { text } = useSpeech();
  const words = text.dns;
  const wanted = query.get('name') ?? '';
  const [name, setName] = useState(wanted);
  return (
    <>
      <form
        className="filters"
        onSubmit={event => {
          event.preventDefault();
          replaceRoute(hrefOf('dns', 'reputation', { name: name.trim() }));
        }}
      >
        <label className="search">
          <Icon name="search" />
          <input
            className="field"
            type="search"
            maxLength={255}
            aria-label={words.askName}
            placeholder={words.askName}
            data-filter
            value={name}
            onChange={event => setName(event.target.value)}
          />
        </label>
        <button type="submit" className="button primary" disabled={name.trim() === ''}>
          {words.judge}
        </button>
      </form>
      {wanted === '' ? (
        <p className="soft">{words.reputationHelp}</p>
      ) : (
        <Judgement key={wanted} name={wanted} />
      )}
    </>
  );
}
