import { type ReactNode, useCallback } from 'react';
import { getFindings } from '../../api/client.ts';
import type { Finding, Summary } from '../../api/contract.ts';
import { useFeed, useMessages, useResource } from '../../api/hooks.ts';
import { Panel, useNow } from '../../parts/basics.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Loaded, Loading } from '../../parts/states.tsx';
import { hrefOf } from '../../router.ts';
import { useSpeech } from '../../text/text.tsx';
import { FindingRows } from '../findings/finding-rows.tsx';
import { merge } from '../findings/merge.ts';
import { EventsByKind, Recorder, Sensors, TheAgent } from './details.tsx';
import { Latency, Losses, OpenFindings, Rate } from './figures.tsx';
import { Posture } from './posture.tsx';
import './overview.css';

function HostHead({ summary: { host, agent } }: { summary: Summary }): ReactNode {
  const { text, format } = useSpeech();
  const uptime = format.duration(useNow() - host.boot_time);
  return (
    <div className="page-head host-head">
      <h1 className="breaks">{host.hostname}</h1>
      <p className="soft host-facts">
        <span>{host.os}</span>
        <span className="mono">{host.kernel}</span>
        <span>{text.overview.cpus(format.count(host.cpus))}</span>
        <span>{format.bytes(host.memory_bytes)}</span>
        <span>
          {text.overview.uptime} {uptime}
        </span>
      </p>
      <span className={agent.mode === 'kernel' ? 'chip accent' : 'chip warn'}>
        {text.overview.mode[agent.mode]}
      </span>
    </div>
  );
}

function Warnings({ summary }: { summary: Summary }): ReactNode {
  const { text, say } = useSpeech();
  const reduced = summary.agent.mode === 'reduced';
  if (summary.warnings.length === 0 && !reduced) return null;
  return (
    <ul className="warnings" aria-label={text.overview.warnings}>
      {reduced && (
        <li className="notice">
          <Icon name="warning" />
          {text.overview.reducedHelp}
        </li>
      )}
      {summary.warnings.map(warning => (
        <li key={warning.code} className="notice">
          <Icon name="warning" />
          {say(warning)}
        </li>
      ))}
    </ul>
  );
}

const latestCount = 8;

function LatestFindings(): ReactNode {
  const { text } = useSpeech();
  const load = useCallback(
    (signal: AbortSignal) => getFindings({ limit: latestCount, status: '1,2' }, signal),
    [],
  );
  const resource = useResource(load);
  const { update } = resource;
  const onFinding = useCallback(
    (finding: Finding) =>
      update(page => ({
        ...page,
        items: merge(page.items, finding, finding.status_id < 3).slice(0, latestCount),
      })),
    [update],
  );
  useMessages('finding', onFinding);
  return (
    <Panel
      title={text.overview.latest}
      className="latest flush"
      aside={<a href={hrefOf('findings')}>{text.overview.allFindings}</a>}
    >
      <Loaded resource={resource}>{page => <FindingRows findings={page.items} compact />}</Loaded>
    </Panel>
  );
}

/** The host at a glance: what is open, how much is seen, and what is not. */
export function OverviewPage(): ReactNode {
  const { summary, samples } = useFeed();
  if (!summary) return <Loading />;
  return (
    <>
      <HostHead summary={summary} />
      <Warnings summary={summary} />
      <Posture />
      <div className="overview">
        <OpenFindings summary={summary} />
        <Rate summary={summary} samples={samples} />
        <Losses summary={summary} />
        <Latency summary={summary} />
        <LatestFindings />
        <Sensors summary={summary} />
        <EventsByKind summary={summary} />
        <Recorder summary={summary} />
        <TheAgent summary={summary} />
      </div>
    </>
  );
}
