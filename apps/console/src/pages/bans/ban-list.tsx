/** Who is banned, why and until when, and ending a ban. */
import { type ReactNode, useCallback, useState } from 'react';
import { getBans, unban } from '../../api/acting.ts';
import type { BanItem } from '../../api/contract.ts';
import { useDeed, usePolled } from '../../api/hooks.ts';
import { Ago, Panel, useNow } from '../../parts/basics.tsx';
import { Figures, Refusal, Standing } from '../../parts/facts.tsx';
import { type Column, Grid } from '../../parts/grid.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Loaded } from '../../parts/states.tsx';
import { SureButton } from '../../parts/sure.tsx';
import { hrefOf } from '../../router.ts';
import { useSpeech } from '../../text/text.tsx';
import { BanForm } from './ban-form.tsx';

const interval = 3_000;
const shown = 500;

function Until({ time }: { time: number | undefined }): ReactNode {
  const { text, format } = useSpeech();
  const now = useNow();
  if (time === undefined) return text.bans.forEver;
  return text.response.left(format.duration(Math.max(0, time - now)));
}

function Why({ ban: { reason, origin, lines = [], ports } }: { ban: BanItem }): ReactNode {
  const { text } = useSpeech();
  const words = text.bans;
  return (
    <>
      {reason !== 'manual' && `${reason} `}
      <span className="small faint">{words.origin[origin as keyof typeof words.origin] ?? origin}</span>
      {ports && <span className="chip">{words.ports(ports.join(', '))}</span>}
      {lines.length > 0 && (
        <details className="fold small">
          <summary className="soft">{words.lines}</summary>
          {lines.map(line => (
            <code key={line} className="command">
              {line}
            </code>
          ))}
        </details>
      )}
    </>
  );
}

/** The section about bans that stand. */
export function BanList(): ReactNode {
  const { text, format } = useSpeech();
  const words = text.bans;
  const [subject, setSubject] = useState('');
  const load = useCallback(
    (signal: AbortSignal) => getBans({ subject: subject.trim(), limit: shown }, signal),
    [subject],
  );
  const resource = usePolled(load, interval);
  const deed = useDeed();
  const end = (address: string): void =>
    void deed.run(async () => {
      await unban(address);
      resource.reload();
    });
  const columns: Column<BanItem>[] = [
    { title: words.column.subject, kind: 'tight', cell: one => <code>{one.subject}</code> },
    { title: words.column.why, kind: 'wide', cell: one => <Why ban={one} /> },
    { title: words.column.times, kind: 'number', cell: one => format.count(one.times) },
    { title: words.column.since, kind: 'tight', cell: one => <Ago time={one.since} /> },
    { title: words.column.until, kind: 'tight', cell: one => <Until time={one.until} /> },
    {
      title: words.column.hands,
      kind: 'tight',
      cell: one => (
        <SureButton
          label={words.unban}
          about={one.subject}
          question={words.sure}
          yes={words.yes}
          no={text.response.no}
          busy={deed.busy}
          onYes={() => end(one.subject)}
        />
      ),
    },
  ];
  return (
    <Loaded resource={resource}>
      {({ rung, total, items, counts, packets, problems, evidence }) => (
        <div className="stack">
          {rung !== 'enforce' && (
            <p className="notice calm">
              <Icon name="info" />
              <span>
                {words.notBlocking(text.protection.rung[rung])}{' '}
                <a href={hrefOf('protection')}>{words.toLadder}</a>
              </span>
            </p>
          )}
          {problems.length > 0 && <Problems problems={problems} />}
          <Panel
            title={words.state}
            aside={
              <Standing level={rung === 'enforce' ? 'good' : 'idle'}>{text.protection.rung[rung]}</Standing>
            }
          >
            <Figures
              items={[
                [words.standing, format.count(total)],
                [words.offences, format.count(counts.offences)],
                [words.made, format.count(counts.banned)],
                [words.spared, format.count(counts.spared)],
                [words.unconfirmed, evidence ? format.count(counts.unconfirmed) : words.notAsked],
                [words.late, format.count(counts.late)],
                [words.dropped, format.count(counts.dropped + counts.evicted)],
                ...(packets === undefined
                  ? []
                  : [[words.packets, format.count(packets.input + packets.forward)] as const]),
              ]}
            />
          </Panel>
          <Panel title={words.add}>
            <BanForm onDone={resource.reload} />
          </Panel>
          <Panel
            title={words.list}
            className="flush"
            aside={
              <label className="search ban-search">
                <Icon name="search" />
                <input
                  className="field"
                  type="search"
                  aria-label={words.find}
                  placeholder={words.find}
                  data-filter
                  value={subject}
                  onChange={event => setSubject(event.target.value)}
                />
              </label>
            }
          >
            <div className="padded" hidden={!deed.failure}>
              <Refusal failure={deed.failure} />
            </div>
            {items.length === 0 ? (
              <p className="padded soft">
                {subject.trim() === '' ? words.none : words.notBanned(subject.trim())}
              </p>
            ) : (
              <Grid label={words.list} columns={columns} rows={items} keyOf={one => one.subject} />
            )}
            {subject.trim() === '' && total > items.length && (
              <p className="padded small faint">{words.more(format.count(total - items.length))}</p>
            )}
          </Panel>
        </div>
      )}
    </Loaded>
  );
}

function Problems({ problems }: { problems: readonly { en: string; zh: string }[] }): ReactNode {
  const { say } = useSpeech();
  return problems.map(problem => (
    <p key={problem.en} className="notice bad breaks">
      <Icon name="warning" />
      {say(problem)}
    </p>
  ));
}
