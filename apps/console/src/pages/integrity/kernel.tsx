import { type ReactNode, useCallback } from 'react';
import type { KernelView, RootkitAnswer } from '../../api/contract.ts';
import { usePolled } from '../../api/hooks.ts';
import { getRootkit } from '../../api/posture.ts';
import { Ago, Panel } from '../../parts/basics.tsx';
import { OnServer, Standing } from '../../parts/facts.tsx';
import { type Column, Grid } from '../../parts/grid.tsx';
import { Severity } from '../../parts/severity.tsx';
import { Loaded } from '../../parts/states.tsx';
import { useSpeech } from '../../text/text.tsx';
import './integrity.css';

const interval = 10_000;
type Report = NonNullable<RootkitAnswer['report']>;

function Found({ findings }: { findings: Report['findings'] }): ReactNode {
  const { say } = useSpeech();
  return (
    <ul className="found">
      {findings.map(finding => (
        <li key={finding.key}>
          <p className="found-head">
            <Severity id={finding.severity} />
            <strong>{say(finding.title)}</strong>
          </p>
          <ul className="small soft">
            {finding.reasons.map(reason => (
              <li key={`${reason.field} ${reason.value}`} className="breaks">
                {say(reason.text)} <code className="faint">{`${reason.field} = ${reason.value}`}</code>
              </li>
            ))}
          </ul>
          {finding.advice && <p className="small">{say(finding.advice)}</p>}
        </li>
      ))}
    </ul>
  );
}

function Views({ views }: { views: readonly KernelView[] }): ReactNode {
  const { text, format, say } = useSpeech();
  const words = text.integrity.kernel;
  const columns: Column<KernelView>[] = [
    { title: words.view, cell: view => say(view.title) },
    {
      title: text.integrity.column.standing,
      kind: 'tight',
      cell: view => (
        <Standing level={view.state === 'looked' ? 'good' : 'idle'}>{words[view.state]}</Standing>
      ),
    },
    {
      title: words.seen,
      kind: 'number',
      cell: view => view.count !== undefined && format.count(view.count),
    },
    { title: words.says, kind: 'wide', cell: view => <span className="soft">{say(view.text)}</span> },
  ];
  return <Grid label={words.views} columns={columns} rows={views} keyOf={view => view.name} />;
}

/** What the last check of the kernel saw. */
export function Kernel(): ReactNode {
  const { text, format } = useSpeech();
  const words = text.integrity.kernel;
  const load = useCallback((signal: AbortSignal) => getRootkit(signal), []);
  const resource = usePolled(load, interval);
  return (
    <Loaded resource={resource}>
      {({ time, report }) => (
        <div className="stack">
          <Panel
            title={words.title}
            aside={
              report && (
                <Standing level={report.findings.length === 0 ? 'good' : 'bad'}>
                  {report.findings.length === 0
                    ? words.clean
                    : words.found(format.count(report.findings.length))}
                </Standing>
              )
            }
          >
            <p className="panel-lead">{words.help}</p>
            {time === null || report === null ? (
              <p className="soft">{words.never}</p>
            ) : (
              <p className="soft">
                {text.integrity.lastCheck}: <Ago time={time} /> ·{' '}
                {words.took(format.latency(report.milliseconds))} ·{' '}
                <span className="mono">{report.kernel}</span>
              </p>
            )}
            <OnServer words={words.now} command="redoubt rootkit check" />
            {report && report.findings.length > 0 && <Found findings={report.findings} />}
          </Panel>
          {report && (
            <Panel title={words.views} className="flush">
              <Views views={report.views} />
            </Panel>
          )}
        </div>
      )}
    </Loaded>
  );
}
