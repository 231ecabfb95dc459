/** Actions: what is in force and how it is taken back, what was done before, and doing something. */
import { type ReactNode, useCallback, useState } from 'react';
import { extendAction, getResponse, undoAction } from '../../api/acting.ts';
import type { Action } from '../../api/contract.ts';
import { type Deed, useDeed, usePolled } from '../../api/hooks.ts';
import { Ago, At, Panel, useNow } from '../../parts/basics.tsx';
import { Refusal, Standing } from '../../parts/facts.tsx';
import { type Column, Grid } from '../../parts/grid.tsx';
import { Loaded } from '../../parts/states.tsx';
import { SureButton } from '../../parts/sure.tsx';
import { asHeading } from '../../text/format.ts';
import { useSpeech } from '../../text/text.tsx';
import { ActForm, type Wanted } from './act-form.tsx';

const interval = 3_000;
const extension = 3_600;
const levels = { begun: 'warn', done: 'good', failed: 'bad', undoing: 'warn', undone: 'idle' } as const;

function Until({ action }: { action: Action }): ReactNode {
  const { text, format } = useSpeech();
  const now = useNow();
  const { until } = action;
  if (!action.can_undo) return <span className="soft">{text.response.final}</span>;
  if (until === undefined) return <span className="soft">{text.acting.untilUndone}</span>;
  return <>{text.response.left(format.duration(Math.max(0, until - now)))}</>;
}

function What({ action }: { action: Action }): ReactNode {
  const { say } = useSpeech();
  return (
    <>
      <span className="entry-key breaks">{asHeading(say(action.text))}</span>
      <span className="small faint breaks">
        {action.by}
        {action.why !== undefined && ` · ${action.why}`}
      </span>
      {action.error && <span className="small bad-text entry-key breaks">{say(action.error)}</span>}
    </>
  );
}

function Hands({ action, deed, onChange }: { action: Action; deed: Deed; onChange: () => void }): ReactNode {
  const { text, say } = useSpeech();
  const words = text.response;
  if (!action.can_undo || action.status !== 'done') return null;
  const run = (work: () => Promise<unknown>): void =>
    void deed.run(async () => {
      await work();
      onChange();
    });
  const shared = { about: say(action.text), no: words.no, busy: deed.busy };
  return (
    <span className="row-actions">
      <SureButton
        {...shared}
        label={words.undo}
        question={words.sureUndo}
        yes={words.yesUndo}
        onYes={() => run(() => undoAction(action.uid))}
      />
      <SureButton
        {...shared}
        label={words.extend}
        question={words.sureExtend}
        yes={words.yesExtend}
        onYes={() => run(() => extendAction(action.uid, extension))}
      />
    </span>
  );
}

/** The section about actions. */
export function Actions({ wanted }: { wanted: Wanted }): ReactNode {
  const { text } = useSpeech();
  const words = text.response;
  const resource = usePolled(getResponse, interval);
  const { reload } = resource;
  const deed = useDeed();
  const [done, setDone] = useState<Action>();
  const onDone = useCallback(
    (action: Action) => {
      setDone(action);
      reload();
    },
    [reload],
  );
  const { say } = useSpeech();
  const status: Column<Action> = {
    title: words.column.status,
    kind: 'tight',
    cell: one => (
      <Standing level={levels[one.status]}>
        {one.status === 'done' && one.can_undo ? words.inForce : words.status[one.status]}
      </Standing>
    ),
  };
  const what: Column<Action> = { title: words.column.what, kind: 'wide', cell: one => <What action={one} /> };
  const standing: Column<Action>[] = [
    status,
    what,
    { title: words.column.since, kind: 'tight', cell: one => <Ago time={one.created} /> },
    { title: words.column.until, kind: 'tight', cell: one => <Until action={one} /> },
    {
      title: words.column.hands,
      kind: 'tight',
      cell: one => <Hands action={one} deed={deed} onChange={reload} />,
    },
  ];
  const ended: Column<Action>[] = [
    status,
    what,
    { title: words.column.since, kind: 'tight', cell: one => <At time={one.created} /> },
    {
      title: words.column.ended,
      kind: 'tight',
      cell: one => one.ended !== undefined && <At time={one.ended} />,
    },
  ];
  return (
    <Loaded resource={resource}>
      {({ kinds, actions }) => {
        const isOver = (one: Action): boolean =>
          one.status === 'failed' || one.status === 'undone' || !one.can_undo;
        const [past, now] = [actions.filter(isOver), actions.filter(one => !isOver(one))];
        return (
          <div className="stack">
            <Panel title={words.act}>
              <ActForm key={JSON.stringify(wanted)} kinds={kinds} wanted={wanted} onDone={onDone} />
              {done && (
                <p role="status" className="done-words">
                  <Standing level="good">{words.done(asHeading(say(done.text)))}</Standing>
                </p>
              )}
            </Panel>
            <Panel title={words.standing} className="flush">
              <div className="padded" hidden={!deed.failure}>
                <Refusal failure={deed.failure} />
              </div>
              {now.length === 0 ? (
                <p className="padded soft">{words.noneStanding}</p>
              ) : (
                <Grid label={words.standing} columns={standing} rows={now} keyOf={one => one.uid} />
              )}
            </Panel>
            {past.length > 0 && (
              <Panel title={words.past} className="flush">
                <Grid label={words.past} columns={ended} rows={past} keyOf={one => one.uid} />
              </Panel>
            )}
          </div>
        );
      }}
    </Loaded>
  );
}
