import { type ReactNode, useCallback } from 'react';
import { getFindings } from '../../api/client.ts';
import type { GoldenItem, IntegrityAnswer } from '../../api/contract.ts';
import { useDeed, usePolled, useResource } from '../../api/hooks.ts';
import { checkIntegrity, getIntegrity } from '../../api/posture.ts';
import { Ago, At, Panel } from '../../parts/basics.tsx';
import { Figures, OnServer, Refusal, Standing } from '../../parts/facts.tsx';
import { type Column, Grid } from '../../parts/grid.tsx';
import { Loaded } from '../../parts/states.tsx';
import { hrefOf } from '../../router.ts';
import { asHeading } from '../../text/format.ts';
import { useSpeech } from '../../text/text.tsx';
import { FindingRows } from '../findings/finding-rows.tsx';

const interval = 3_000;
/** What rule ids of findings about golden states begin with. */
const ruleIds = 'baseline-';
const shownFindings = 20;

function StateStanding({ item }: { item: GoldenItem }): ReactNode {
  const { text, format } = useSpeech();
  const words = text.integrity;
  if (item.pending !== undefined)
    return <Standing level="warn">{words.pending(format.count(item.pending))}</Standing>;
  if (item.generation === undefined) return <Standing level="idle">{words.unsigned}</Standing>;
  return <Standing level="good">{words.signed}</Standing>;
}

function States({ answer }: { answer: IntegrityAnswer }): ReactNode {
  const { text, format, say } = useSpeech();
  const { column, noStates } = text.integrity;
  const columns: Column<GoldenItem>[] = [
    { title: column.state, kind: 'wide', cell: one => asHeading(say(one.title)) },
    { title: column.standing, kind: 'tight', cell: one => <StateStanding item={one} /> },
    {
      title: column.generation,
      kind: 'number',
      cell: one => one.generation !== undefined && format.count(one.generation),
    },
    {
      title: column.made,
      kind: 'tight',
      cell: one => one.made_time !== undefined && <At time={one.made_time} />,
    },
    {
      title: column.checked,
      kind: 'tight',
      cell: one => one.checked_time !== undefined && <Ago time={one.checked_time} />,
    },
  ];
  const isNone = answer.states.every(({ generation }) => generation === undefined);
  return (
    <>
      {isNone && (
        <div className="padded">
          <OnServer words={noStates} command="redoubt baseline create" />
        </div>
      )}
      <Grid label={text.integrity.states} columns={columns} rows={answer.states} keyOf={one => one.name} />
    </>
  );
}

function Watch({ answer }: { answer: IntegrityAnswer }): ReactNode {
  const { text, format, say } = useSpeech();
  const words = text.integrity;
  return (
    <Panel
      title={words.lastCheck}
      aside={
        answer.watching ? (
          <Standing level="good">{words.watching}</Standing>
        ) : (
          <Standing level="idle">{words.notWatching}</Standing>
        )
      }
    >
      {answer.reason && <p className="panel-lead breaks">{asHeading(say(answer.reason))}</p>}
      <Figures
        items={[
          [
            words.lastCheck,
            answer.last_check === undefined ? words.never : <Ago key="last" time={answer.last_check} />,
          ],
          [words.touched, format.count(answer.touched)],
          [words.looked, format.count(answer.looked)],
          [words.changes, format.count(answer.changes)],
          [words.overflowed, format.count(answer.overflowed)],
        ]}
      />
    </Panel>
  );
}

function Drift(): ReactNode {
  const { text } = useSpeech();
  const load = useCallback(
    (signal: AbortSignal) => getFindings({ q: ruleIds, status: '1,2', limit: shownFindings }, signal),
    [],
  );
  const resource = useResource(load);
  return (
    <Panel
      title={text.integrity.drift}
      className="flush"
      aside={<a href={hrefOf('findings', undefined, { q: ruleIds })}>{text.integrity.allDrift}</a>}
    >
      <Loaded resource={resource}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="padded soft">{text.integrity.noDrift}</p>
          ) : (
            <FindingRows findings={items} compact />
          )
        }
      </Loaded>
    </Panel>
  );
}

/** Golden states, how they stand, and what differs. */
export function GoldenStates(): ReactNode {
  const { text } = useSpeech();
  const words = text.integrity;
  const load = useCallback((signal: AbortSignal) => getIntegrity(signal), []);
  const resource = usePolled(load, interval);
  const { update } = resource;
  const deed = useDeed();
  const check = (): void =>
    void deed.run(async () => {
      const answer = await checkIntegrity();
      update(() => answer);
    });
  return (
    <Loaded resource={resource}>
      {answer => (
        <div className="stack">
          <Watch answer={answer} />
          <Panel
            title={words.states}
            className="flush"
            aside={
              <button
                type="button"
                className="button"
                disabled={
                  deed.busy ||
                  answer.checking ||
                  answer.states.every(({ generation }) => generation === undefined)
                }
                onClick={check}
              >
                {answer.checking ? words.checking : words.checkNow}
              </button>
            }
          >
            <Refusal failure={deed.failure} />
            <States answer={answer} />
          </Panel>
          <Drift />
        </div>
      )}
    </Loaded>
  );
}
