/** What listens, who reaches it, and what is wrong with it. */
import type { ReactNode } from 'react';
import type { ExposureIssueItem, ListenerItem } from '../../api/contract.ts';
import { useDeed, usePolled } from '../../api/hooks.ts';
import { checkExposure, getExposure } from '../../api/network.ts';
import { Ago, Panel, Path } from '../../parts/basics.tsx';
import { Refusal, Standing } from '../../parts/facts.tsx';
import { type Column, Grid } from '../../parts/grid.tsx';
import { Severity } from '../../parts/severity.tsx';
import { Loaded } from '../../parts/states.tsx';
import { useSpeech } from '../../text/text.tsx';

const interval = 4_000;
const reachLevels = { open: 'warn', some: 'idle', closed: 'good', unknown: 'idle' } as const;

function Issues({ issues }: { issues: readonly ExposureIssueItem[] }): ReactNode {
  const { say } = useSpeech();
  return (
    <ul className="issues">
      {issues.map(issue => (
        <li key={issue.code}>
          <Severity id={issue.severity} /> {say(issue.text)}
          <span className="small soft">{say(issue.advice)}</span>
        </li>
      ))}
    </ul>
  );
}

/** The section about exposure. */
export function Exposure(): ReactNode {
  const { text, say } = useSpeech();
  const words = text.network;
  const resource = usePolled(getExposure, interval);
  const { update } = resource;
  const deed = useDeed();
  const look = (): void =>
    void deed.run(async () => {
      const answer = await checkExposure();
      update(() => answer);
    });
  const columns: Column<ListenerItem>[] = [
    {
      title: words.listener.place,
      kind: 'tight',
      cell: one => (
        <code>
          {one.protocol} {one.address}:{one.port}
        </code>
      ),
    },
    {
      title: words.listener.program,
      cell: one => (
        <>
          {one.program === undefined ? text.common.unknown : <Path value={one.program} />}
          <span className="small faint block">
            {one.user}
            {one.service !== undefined && ` · ${one.service}`}
          </span>
        </>
      ),
    },
    {
      title: words.listener.reach,
      kind: 'tight',
      cell: one => (
        <>
          {words.scope[one.scope]}
          {one.scope !== 'loopback' && (
            <span className="small block">
              <Standing level={reachLevels[one.reach]}>{words.reach[one.reach]}</Standing>
            </span>
          )}
        </>
      ),
    },
    {
      title: words.listener.tls,
      kind: 'tight',
      cell: one => one.tls?.versions.map(version => version.replace('TLSv', '')).join(' '),
    },
    {
      title: words.listener.issues,
      kind: 'wide',
      cell: one => one.issues.length > 0 && <Issues issues={one.issues} />,
    },
  ];
  return (
    <Loaded resource={resource}>
      {({ report, checking }) => (
        <div className="stack">
          <Panel
            title={words.listeners}
            className="flush"
            aside={
              <span className="row-actions">
                {report && (
                  <span className="soft">
                    <Ago time={report.time} />
                  </span>
                )}
                <button type="button" className="button" disabled={deed.busy || checking} onClick={look}>
                  {checking ? words.looking : words.lookAgain}
                </button>
              </span>
            }
          >
            <div className="padded" hidden={!deed.failure}>
              <Refusal failure={deed.failure} />
            </div>
            {report === null ? (
              <p className="padded soft">{words.notLooked}</p>
            ) : report.items.length === 0 ? (
              <p className="padded soft">{words.nothingListens}</p>
            ) : (
              <Grid
                label={words.listeners}
                columns={columns}
                rows={report.items}
                keyOf={one => `${one.protocol} ${one.address} ${one.port} ${one.program}`}
              />
            )}
          </Panel>
          {report?.sshd !== undefined && (
            <Panel title={words.sshd}>
              {report.sshd.length === 0 ? (
                <Standing level="good">{words.noIssues}</Standing>
              ) : (
                <Issues issues={report.sshd} />
              )}
            </Panel>
          )}
          {report !== null && report.limits.length > 0 && (
            <Panel title={words.limits}>
              <ul className="soft">
                {report.limits.map(limit => (
                  <li key={limit.en}>{say(limit)}</li>
                ))}
              </ul>
            </Panel>
          )}
        </div>
      )}
    </Loaded>
  );
}
