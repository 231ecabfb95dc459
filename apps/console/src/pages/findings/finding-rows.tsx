import type { ReactNode } from 'react';
import type { Finding } from '../../api/contract.ts';
import { Ago, Path } from '../../parts/basics.tsx';
import { Severity } from '../../parts/severity.tsx';
import { hrefOf } from '../../router.ts';
import { useSpeech } from '../../text/text.tsx';
import { StatusName } from './status.tsx';
import './finding-rows.css';

function Row({ finding, compact }: { finding: Finding; compact: boolean }): ReactNode {
  const { text, format, say } = useSpeech();
  const { finding_info: info } = finding;
  const evidence = finding.evidences[0];
  const process = evidence?.process;
  const path = process?.file?.path ?? evidence?.file?.path;
  const attack = info.attacks[0];
  return (
    <li>
      <a
        className={compact ? 'finding-row compact' : 'finding-row'}
        href={hrefOf('findings', info.uid)}
        data-row
        data-closed={finding.status_id > 2}
      >
        <Severity id={finding.severity_id} />
        <span className="finding-title">
          <strong>{say(finding.redoubt.title)}</strong>
          {finding.count > 1 && (
            <span className="chip">{text.findings.count(format.count(finding.count))}</span>
          )}
        </span>
        <span className="finding-process">
          <span>
            {process?.name ?? text.common.unknown}
            {process?.user?.name !== undefined && <span className="faint"> · {process.user.name}</span>}
            {process?.container && (
              <span className="faint"> · {process.container.name ?? process.container.uid.slice(0, 12)}</span>
            )}
          </span>
          {path !== undefined && <Path value={path} />}
        </span>
        <span className="finding-technique">
          {attack && <span className="chip mono">{attack.technique?.uid ?? attack.tactic.uid}</span>}
        </span>
        <span className="finding-seen soft">
          <Ago time={info.last_seen_time} />
        </span>
        {!compact && <StatusName id={finding.status_id} />}
      </a>
    </li>
  );
}

/** Findings as a list of links, each with what tells it apart. `compact` leaves the status out. */
export function FindingRows({
  findings,
  compact = false,
}: {
  findings: readonly Finding[];
  compact?: boolean;
}): ReactNode {
  const { text } = useSpeech();
  if (findings.length === 0) {
    return (
      <div className="state">
        <strong>{text.findings.empty}</strong>
        <p>{text.findings.emptyHelp}</p>
      </div>
    );
  }
  const { column } = text.findings;
  return (
    <>
      {!compact && (
        <div className="finding-row finding-columns" aria-hidden="true">
          <span>{column.severity}</span>
          <span>{column.finding}</span>
          <span>{column.process}</span>
          <span>{column.technique}</span>
          <span className="finding-seen">{column.seen}</span>
          <span>{column.status}</span>
        </div>
      )}
      <ul className="finding-rows" aria-label={text.findings.list}>
        {findings.map(finding => (
          <Row key={finding.finding_info.uid} finding={finding} compact={compact} />
        ))}
      </ul>
    </>
  );
}
