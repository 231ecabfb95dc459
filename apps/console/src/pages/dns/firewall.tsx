/** The DNS firewall: its lists, and what it counts. */
import { type ReactNode, useCallback } from 'react';
import type { DnsAnswer } from '../../api/contract.ts';
import { usePolled, useResource } from '../../api/hooks.ts';
import { getDns } from '../../api/network.ts';
import { getProtections } from '../../api/posture.ts';
import { Panel } from '../../parts/basics.tsx';
import { Figures, OnServer, Standing } from '../../parts/facts.tsx';
import { type Column, Grid } from '../../parts/grid.tsx';
import { LadderView } from '../../parts/ladder.tsx';
import { Loaded } from '../../parts/states.tsx';
import { hrefOf } from '../../router.ts';
import { useSpeech } from '../../text/text.tsx';

type List = NonNullable<DnsAnswer['firewall']>['lists'][number];
const interval = 5_000;

function Lists({ lists }: { lists: readonly List[] }): ReactNode {
  const { text, format } = useSpeech();
  const words = text.dns;
  const columns: Column<List>[] = [
    { title: words.list.name, kind: 'wide', cell: one => <code className="breaks">{one.name}</code> },
    { title: words.list.names, kind: 'number', cell: one => format.count(one.names) },
    {
      title: words.list.skipped,
      kind: 'number',
      cell: one => (
        <span title={one.samples.map(({ line, text: words }) => `${line}: ${words}`).join('\n')}>
          {format.count(one.skipped)}
        </span>
      ),
    },
    {
      title: words.list.state,
      cell: one =>
        one.error === undefined ? (
          <Standing level="good">{words.list.read}</Standing>
        ) : (
          <Standing level="bad">{one.error}</Standing>
        ),
    },
  ];
  return <Grid label={words.lists} columns={columns} rows={lists} keyOf={one => one.name} />;
}

/** The section about the firewall. */
export function Firewall(): ReactNode {
  const { text, format } = useSpeech();
  const words = text.dns;
  const loadItems = useCallback((signal: AbortSignal) => getProtections(signal), []);
  const { data: protections } = useResource(loadItems);
  const resource = usePolled(getDns, interval);
  const item = protections?.items.find(({ name }) => name === 'dns');
  return (
    <Loaded resource={resource}>
      {answer => (
        <div className="stack">
          {item && (
            <Panel title={words.firewall} aside={<a href={hrefOf('protection')}>{words.toLadder}</a>}>
              <LadderView rung={item.policy.rung} trial={item.trial !== undefined} />
            </Panel>
          )}
          <Panel title={words.lists} className={answer.firewall?.lists.length ? 'flush' : ''}>
            {answer.firewall?.lists.length ? (
              <Lists lists={answer.firewall.lists} />
            ) : (
              <OnServer
                words={words.noLists}
                command="redoubt protect preview dns audit --settings dns.json --since 7d"
              />
            )}
          </Panel>
          <Panel title={words.counters}>
            <Figures
              items={[
                [words.questions, format.count(answer.questions)],
                [words.answers, format.count(answer.answers)],
                [words.rows, format.count(answer.rows)],
                [words.forgotten, format.count(answer.forgotten)],
                [words.dropped, format.count(answer.dropped)],
                [words.unfollowed, format.count(answer.unfollowed)],
                [words.unjudged, format.count(answer.unjudged)],
                ...Object.entries(answer.firewall?.counters ?? {}).map(
                  ([name, value]) => [name, format.count(value)] as const,
                ),
              ]}
            />
          </Panel>
        </div>
      )}
    </Loaded>
  );
}
