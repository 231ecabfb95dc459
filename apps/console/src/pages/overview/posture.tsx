/** How the host is protected, in one row: each part leads to its page. */
import { type ReactNode, useCallback } from 'react';
import { getResponse } from '../../api/acting.ts';
import type {
  IntegrityAnswer,
  ProtectionsAnswer,
  ResponseAnswer,
  ScanningAnswer,
} from '../../api/contract.ts';
import { type Resource, useFeed, usePolled } from '../../api/hooks.ts';
import { getContent, getIntegrity, getJournal, getProtections, getScanning } from '../../api/posture.ts';
import { Ago, useNow } from '../../parts/basics.tsx';
import { Standing } from '../../parts/facts.tsx';
import { rungs } from '../../parts/ladder.tsx';
import { hrefOf, type PageName } from '../../router.ts';
import { useSpeech } from '../../text/text.tsx';
import './posture.css';

const interval = 10_000;
/** The whole journal is read for its state: rarely. */
const journalInterval = 300_000;

function Cell<T>({
  page,
  name,
  resource,
  children,
}: {
  page: PageName;
  name: string;
  resource: Resource<T>;
  children: (data: T) => ReactNode;
}): ReactNode {
  const { text, say } = useSpeech();
  const { data, failure } = resource;
  return (
    <li>
      <a href={hrefOf(page)}>
        <span className="posture-name">{name}</span>
        {data === undefined ? (
          <span className="soft" title={failure && say(failure)}>
            {failure ? text.posture.failed : text.state.loading}
          </span>
        ) : (
          children(data)
        )}
      </a>
    </li>
  );
}

function Rungs({ items }: ProtectionsAnswer): ReactNode {
  const { text, format } = useSpeech();
  const now = useNow();
  if (items.length === 0) return <Standing level="idle">{text.posture.noProtections}</Standing>;
  const unwell = items.filter(({ health, unmet }) => unmet !== undefined || health?.healthy === false).length;
  const deadline = Math.min(...items.map(({ trial }) => trial?.deadline ?? Number.POSITIVE_INFINITY));
  return (
    <>
      <span className="posture-rungs">
        {rungs.map(rung => {
          const count = items.filter(({ policy }) => policy.rung === rung).length;
          return (
            <span key={rung} data-none={count === 0} data-rung={rung}>
              <b>{format.count(count)}</b> {text.protection.rung[rung]}
            </span>
          );
        })}
      </span>
      {unwell > 0 && <Standing level="bad">{text.posture.unwell(format.count(unwell))}</Standing>}
      {deadline > now && Number.isFinite(deadline) && (
        <Standing level="warn">{text.posture.confirmWithin(format.duration(deadline - now))}</Standing>
      )}
    </>
  );
}

function InForce({ actions }: Pick<ResponseAnswer, 'actions'>): ReactNode {
  const { text, format } = useSpeech();
  const count = actions.filter(one => one.status === 'done' && one.can_undo).length;
  if (count === 0) return <Standing level="idle">{text.posture.noneInForce}</Standing>;
  return <Standing level="warn">{text.posture.inForce(format.count(count))}</Standing>;
}

function Integrity({ states }: IntegrityAnswer): ReactNode {
  const { text, format } = useSpeech();
  const signed = states.filter(({ generation }) => generation !== undefined).length;
  const checked = Math.max(0, ...states.map(({ checked_time: time }) => time ?? 0));
  return (
    <>
      {signed === 0 ? (
        <Standing level="idle">{text.posture.noStates}</Standing>
      ) : (
        <Standing level="good">{text.posture.signedStates(format.count(signed))}</Standing>
      )}
      <span className="small faint">
        {checked === 0 ? (
          text.posture.notChecked
        ) : (
          <>
            {text.posture.checked} <Ago time={checked} />
          </>
        )}
      </span>
    </>
  );
}

function LastScan({ scans }: ScanningAnswer): ReactNode {
  const { text, format } = useSpeech();
  const last = scans[0];
  if (last === undefined) return <Standing level="idle">{text.posture.noScan}</Standing>;
  const { malicious, suspicious, files } = last.report;
  const isClean = malicious + suspicious === 0;
  return (
    <>
      <Standing level={malicious > 0 ? 'bad' : isClean ? 'good' : 'warn'}>
        {malicious > 0
          ? text.posture.hits(format.count(malicious))
          : isClean
            ? text.posture.clean(format.short(files))
            : text.posture.suspicious(format.count(suspicious))}
      </Standing>
      <span className="small faint">
        <Ago time={last.time} />
      </span>
    </>
  );
}

export function Posture(): ReactNode {
  const { text, format } = useSpeech();
  const words = text.posture;
  const { summary } = useFeed();
  const protections = usePolled(
    useCallback((signal: AbortSignal) => getProtections(signal), []),
    interval,
  );
  const response = usePolled(getResponse, interval);
  const integrity = usePolled(
    useCallback((signal: AbortSignal) => getIntegrity(signal), []),
    interval,
  );
  const scanning = usePolled(
    useCallback((signal: AbortSignal) => getScanning(signal), []),
    interval,
  );
  const content = usePolled(
    useCallback((signal: AbortSignal) => getContent(signal), []),
    interval,
  );
  const journal = usePolled(
    useCallback((signal: AbortSignal) => getJournal(1, signal), []),
    journalInterval,
  );
  return (
    <ul className="posture panel" aria-label={words.title}>
      <Cell page="protection" name={words.protections} resource={protections}>
        {answer => <Rungs {...answer} />}
      </Cell>
      <Cell page="responses" name={words.responses} resource={response}>
        {({ actions }) => <InForce actions={actions} />}
      </Cell>
      <Cell page="integrity" name={words.integrity} resource={integrity}>
        {answer => <Integrity {...answer} />}
      </Cell>
      <Cell page="scanning" name={words.scan} resource={scanning}>
        {answer => <LastScan {...answer} />}
      </Cell>
      <Cell page="content" name={words.content} resource={content}>
        {({ version }) => (
          <>
            <span>{version === null ? text.content.shipped : text.content.number(String(version))}</span>
            <span className="small faint">{words.rules(format.count(summary?.rules.loaded ?? 0))}</span>
          </>
        )}
      </Cell>
      <Cell page="journal" name={words.journal} resource={journal}>
        {({ verification }) => (
          <>
            <Standing level={verification.intact ? 'good' : 'bad'}>
              {verification.intact ? words.intact : words.broken}
            </Standing>
            <span className="small faint">{words.entries(format.count(verification.entries))}</span>
          </>
        )}
      </Cell>
    </ul>
  );
}
