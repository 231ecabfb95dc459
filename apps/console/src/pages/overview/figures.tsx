/** The four figures on top of the overview. */
import type { ReactNode } from 'react';
import type { Summary } from '../../api/contract.ts';
import type { Sample } from '../../api/feed.ts';
import { Panel } from '../../parts/basics.tsx';
import { Icon } from '../../parts/icon.tsx';
import { RateChart } from '../../parts/rate-chart.tsx';
import { Severity, severities } from '../../parts/severity.tsx';
import { hrefOf } from '../../router.ts';
import { useSpeech } from '../../text/text.tsx';
import { kindName } from '../events/describe.ts';
import './figures.css';

export function OpenFindings({ summary: { findings } }: { summary: Summary }): ReactNode {
  const { text, format } = useSpeech();
  const most = Math.max(1, ...Object.values(findings.by_severity));
  return (
    <Panel title={text.overview.open} className="figure-open">
      <p className="figure">
        {format.count(findings.open)}
        {findings.open === 0 && (
          <span className="figure-note good">
            <Icon name="check" />
            {text.overview.noneOpen}
          </span>
        )}
      </p>
      <ul className="by-severity">
        {severities.map(id => {
          const count = findings.by_severity[String(id)] ?? 0;
          return (
            <li key={id}>
              <a href={hrefOf('findings', undefined, { severity: String(id) })} data-none={count === 0}>
                <Severity id={id} />
                <span className="bar-track" aria-hidden="true">
                  <span className="bar-fill" data-level={id} style={{ width: `${(count / most) * 100}%` }} />
                </span>
                <b>{format.count(count)}</b>
              </a>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

export function Rate({
  summary: { events },
  samples,
}: {
  summary: Summary;
  samples: readonly Sample[];
}): ReactNode {
  const { text, format } = useSpeech();
  const peak = format.short(Math.max(0, ...samples.map(sample => sample.perSecond)));
  const now = format.short(events.per_second);
  return (
    <Panel
      title={text.overview.rate}
      className="figure-rate"
      aside={
        <span className="faint small">
          {text.overview.peak} {peak}
        </span>
      }
    >
      <p className="figure">{now}</p>
      <RateChart samples={samples} label={text.overview.rateNow(now, peak)} />
      <p className="faint small">{text.overview.total(format.short(events.total))}</p>
    </Panel>
  );
}

export function Losses({ summary: { events } }: { summary: Summary }): ReactNode {
  const { text, format } = useSpeech();
  const byKind = Object.entries(events.lost_by_kind)
    .filter(([, count]) => count > 0)
    .sort(([, left], [, right]) => right - left);
  return (
    <Panel title={text.overview.lost} className="figure-small figure-lost">
      <p className={events.lost === 0 ? 'figure' : 'figure warn'}>{format.short(events.lost)}</p>
      {events.lost === 0 ? (
        <p className="figure-note good">
          <Icon name="check" />
          {text.overview.lossless}
        </p>
      ) : (
        <>
          <p className="soft small">
            {text.overview.lostShare(format.share(events.lost / (events.total + events.lost)))}
          </p>
          <ul className="small figure-list">
            {byKind.slice(0, 3).map(([kind, count]) => (
              <li key={kind}>
                <span className="cut">{kindName(kind, text)}</span>
                <b>{format.count(count)}</b>
              </li>
            ))}
          </ul>
        </>
      )}
      {events.dropped > 0 && (
        <p className="warn small">
          {format.count(events.dropped)} {text.overview.dropped}
        </p>
      )}
    </Panel>
  );
}

export function Latency({ summary: { latency_ms: latency } }: { summary: Summary }): ReactNode {
  const { text, format } = useSpeech();
  return (
    <Panel title={text.overview.latency} className="figure-small figure-latency">
      <p className="figure">
        {format.latency(latency.event_to_finding_p50)}
        <span className="figure-note faint">{text.overview.median}</span>
      </p>
      <ul className="small figure-list">
        <li>
          <span>{text.overview.p99}</span>
          <b>{format.latency(latency.event_to_finding_p99)}</b>
        </li>
        <li>
          <span>
            {text.overview.latencyStored} · {text.overview.median}
          </span>
          <b>{format.latency(latency.event_to_stored_p50)}</b>
        </li>
        <li>
          <span>
            {text.overview.latencyStored} · {text.overview.p99}
          </span>
          <b>{format.latency(latency.event_to_stored_p99)}</b>
        </li>
      </ul>
    </Panel>
  );
}
