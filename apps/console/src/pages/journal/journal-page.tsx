/** The journal: who did what to the protection of this host, and whether it was tampered with. */
import { type ReactNode, useCallback, useState } from 'react';
import type { JournalAnswer, JournalItem, JournalVerification } from '../../api/contract.ts';
import { useResource } from '../../api/hooks.ts';
import { getJournal } from '../../api/posture.ts';
import { Ago, At, Copyable, Panel } from '../../parts/basics.tsx';
import { Figures, Standing } from '../../parts/facts.tsx';
import { Icon } from '../../parts/icon.tsx';
import { JsonFold } from '../../parts/json.tsx';
import { Loaded } from '../../parts/states.tsx';
import { useSpeech } from '../../text/text.tsx';
import './journal.css';

const shown = 300;
const levels = { begun: 'idle', done: 'good', failed: 'bad', undone: 'warn' } as const;

function Verification({
  verification,
  busy,
  onVerify,
}: {
  verification: JournalVerification;
  busy: boolean;
  onVerify: () => void;
}): ReactNode {
  const { text, format, say } = useSpeech();
  const words = text.journal;
  const { intact, identity, faults } = verification;
  return (
    <Panel
      title={intact ? words.intact : words.broken}
      className={intact ? 'chain' : 'chain broken'}
      aside={
        <button type="button" className="button" disabled={busy} onClick={onVerify}>
          <Icon name="refresh" size={13} />
          {words.verifyNow}
        </button>
      }
    >
      <Figures
        items={[
          [words.verified, <Ago key="time" time={verification.time} />],
          [words.entries, format.count(verification.entries)],
          [words.lines, format.count(verification.lines)],
          [
            words.identity,
            identity === undefined ? (
              text.common.none
            ) : (
              <span key="identity" title={words.identityHelp}>
                <Copyable value={identity}>{`${identity.slice(0, 16)}…`}</Copyable>
              </span>
            ),
          ],
        ]}
      />
      {faults.length > 0 && (
        <ul className="faults" aria-label={words.faults}>
          {faults.map(fault => (
            <li key={`${fault.place} ${fault.kind} ${fault.text.en}`}>
              <Standing level="bad">{words.fault[fault.kind]}</Standing>{' '}
              <span className="breaks">{say(fault.text)}</span>
            </li>
          ))}
        </ul>
      )}
      {verification.more_faults > 0 && (
        <p className="bad-text">{words.moreFaults(format.count(verification.more_faults))}</p>
      )}
      <p className="small faint chain-limit">{words.checkpoint}</p>
    </Panel>
  );
}

function Entry({ item: { seq, entry } }: { item: JournalItem }): ReactNode {
  const { text, say } = useSpeech();
  const words = text.journal;
  return (
    <li className="journal-entry" data-row tabIndex={-1}>
      <span className="journal-when soft">
        <At time={entry.time} />
      </span>
      <Standing level={levels[entry.outcome]}>{words.outcome[entry.outcome]}</Standing>
      <span className="journal-what">
        <span className="breaks">{say(entry.text)}</span>
        <span className="small faint breaks">
          {entry.actor} · <code>{entry.action}</code> · {entry.subject} · {words.line} {seq}
        </span>
        {entry.detail && <JsonFold title={words.detail} data={entry.detail} />}
      </span>
    </li>
  );
}

function Entries({ answer }: { answer: JournalAnswer }): ReactNode {
  const { text } = useSpeech();
  const words = text.journal;
  const [filter, setFilter] = useState('');
  const wanted = filter.trim().toLowerCase();
  const items = answer.items.filter(({ entry }) =>
    `${entry.actor} ${entry.action} ${entry.subject} ${entry.text.en} ${entry.text.zh}`
      .toLowerCase()
      .includes(wanted),
  );
  return (
    <>
      <div className="padded">
        <label className="search journal-search">
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
      </div>
      {items.length === 0 ? (
        <p className="padded soft">{answer.items.length === 0 ? words.empty : words.noMatch}</p>
      ) : (
        <ol className="journal" aria-label={words.list}>
          {items.map(item => (
            <Entry key={item.seq} item={item} />
          ))}
        </ol>
      )}
      {answer.items.length < answer.verification.entries && <p className="padded soft">{words.older}</p>}
    </>
  );
}

export function JournalPage(): ReactNode {
  const { text } = useSpeech();
  const words = text.journal;
  const load = useCallback((signal: AbortSignal) => getJournal(shown, signal), []);
  const resource = useResource(load);
  return (
    <>
      <div className="page-head">
        <h1>{words.title}</h1>
      </div>
      <p className="page-lead">{words.lead}</p>
      <Loaded resource={resource}>
        {answer => (
          <div className="stack">
            <Verification
              verification={answer.verification}
              busy={resource.loading}
              onVerify={resource.reload}
            />
            <Panel title={words.list} className="flush">
              <Entries answer={answer} />
            </Panel>
          </div>
        )}
      </Loaded>
    </>
  );
}
