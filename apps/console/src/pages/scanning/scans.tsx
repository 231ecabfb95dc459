import { type ReactNode, useCallback } from 'react';
import type { ScanningAnswer } from '../../api/contract.ts';
import { usePolled } from '../../api/hooks.ts';
import { getScanning } from '../../api/posture.ts';
import { Ago, Panel } from '../../parts/basics.tsx';
import { OnServer, Standing } from '../../parts/facts.tsx';
import { type Column, Grid } from '../../parts/grid.tsx';
import { Loaded } from '../../parts/states.tsx';
import { useSpeech } from '../../text/text.tsx';

const interval = 5_000;
type Scan = ScanningAnswer['scans'][number];

function Hits({ count, level }: { count: number; level: 'bad' | 'warn' }): ReactNode {
  const { format } = useSpeech();
  return <Standing level={count > 0 ? level : 'idle'}>{format.count(count)}</Standing>;
}

/** Scans that the agent was told of. */
export function Scans(): ReactNode {
  const { text, format } = useSpeech();
  const words = text.scanning;
  const load = useCallback((signal: AbortSignal) => getScanning(signal), []);
  const resource = usePolled(load, interval);
  const columns: Column<Scan>[] = [
    {
      title: words.column.time,
      kind: 'tight',
      cell: ({ time, report }) => (
        <>
          <Ago time={time} />
          {report.stopped && <span className="chip warn">{words.stopped}</span>}
        </>
      ),
    },
    {
      title: words.column.files,
      kind: 'number',
      cell: ({ report }) => (
        <span title={words.cached(format.count(report.cached))}>{format.count(report.files)}</span>
      ),
    },
    { title: words.column.bytes, kind: 'number', cell: ({ report }) => format.bytes(report.bytes) },
    {
      title: words.column.malicious,
      kind: 'tight',
      cell: ({ report }) => <Hits count={report.malicious} level="bad" />,
    },
    {
      title: words.column.suspicious,
      kind: 'tight',
      cell: ({ report }) => <Hits count={report.suspicious} level="warn" />,
    },
    {
      title: words.column.unread,
      kind: 'tight',
      cell: ({ report }) => (
        <>
          {format.count(report.unreadableCount)}
          {report.noted > 0 && <span className="faint"> · {words.noted(format.count(report.noted))}</span>}
        </>
      ),
    },
    { title: words.column.took, kind: 'number', cell: ({ report }) => format.latency(report.milliseconds) },
    {
      title: words.column.engines,
      kind: 'wide',
      cell: ({ report }) => (
        <span className="soft">{report.engines.map(one => `${one.name} ${one.version}`).join(' · ')}</span>
      ),
    },
  ];
  return (
    <Loaded resource={resource}>
      {({ scans, findings }) => (
        <Panel
          title={words.scans}
          className="flush"
          aside={
            <span className="soft">
              {words.findings}: {format.count(findings)}
            </span>
          }
        >
          {scans.length === 0 ? (
            <div className="padded">
              <OnServer words={words.noScans} command="redoubt scan /srv" />
            </div>
          ) : (
            <Grid label={words.scans} columns={columns} rows={scans} keyOf={({ time }) => String(time)} />
          )}
        </Panel>
      )}
    </Loaded>
  );
}
