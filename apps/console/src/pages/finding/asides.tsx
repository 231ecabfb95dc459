/** What stands beside a finding: advice, the standards that it touches, and its particulars. */
import type { ReactNode } from 'react';
import type { Endpoint, Finding } from '../../api/contract.ts';
import { At, Copyable, Panel } from '../../parts/basics.tsx';
import { Prose } from '../../parts/prose.tsx';
import { clauseName, tacticName } from '../../text/terms.ts';
import { useSpeech } from '../../text/text.tsx';

interface Part {
  finding: Finding;
}

export function Advice({ finding: { redoubt } }: Part): ReactNode {
  const { text, say } = useSpeech();
  if (!redoubt.advice && !redoubt.false_positives) return null;
  return (
    <section className="panel advice">
      {redoubt.advice && (
        <div>
          <h2>{text.finding.advice}</h2>
          <p>
            <Prose>{say(redoubt.advice)}</Prose>
          </p>
        </div>
      )}
      {redoubt.false_positives && (
        <div>
          <h3 className="soft">{text.finding.falsePositives}</h3>
          <p className="soft">
            <Prose>{say(redoubt.false_positives)}</Prose>
          </p>
        </div>
      )}
    </section>
  );
}

export function Attacks({ finding: { finding_info: info } }: Part): ReactNode {
  const { text, language } = useSpeech();
  if (info.attacks.length === 0) return null;
  return (
    <Panel title={text.finding.attack}>
      <ul className="terms">
        {info.attacks.map(({ tactic, technique }) => (
          <li key={`${tactic.uid} ${technique?.uid}`}>
            <span className="soft small">
              <span className="mono">{tactic.uid}</span> {tacticName(tactic.uid, tactic.name, language)}
            </span>
            {technique && (
              <span>
                <span className="chip mono">{technique.uid}</span> <strong>{technique.name}</strong>
              </span>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

export function Clauses({ finding: { compliance } }: Part): ReactNode {
  const { text, language } = useSpeech();
  if (!compliance || compliance.requirements.length === 0) return null;
  return (
    <Panel
      title={text.finding.compliance}
      aside={<span className="faint small">{compliance.standards.join(', ')}</span>}
    >
      <ul className="terms">
        {compliance.requirements.map(clause => (
          <li key={clause}>
            <span>
              <span className="chip mono">{clause}</span> <strong>{clauseName(clause, language)}</strong>
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function addressOf({ ip, port, hostname }: Endpoint): string {
  return [hostname, ip, port].filter(part => part !== undefined).join(' ');
}

export function About({ finding }: Part): ReactNode {
  const { text, format } = useSpeech();
  const { finding_info: info, device } = finding;
  const [evidence] = finding.evidences;
  const file = evidence?.file;
  const process = evidence?.process;
  return (
    <Panel title={text.finding.about}>
      <dl className="facts">
        {file?.path !== undefined && (
          <>
            <dt>{text.finding.file}</dt>
            <dd>
              <Copyable value={file.path} />
            </dd>
          </>
        )}
        {evidence?.src_endpoint && (
          <>
            <dt>{text.finding.source}</dt>
            <dd className="mono">{addressOf(evidence.src_endpoint)}</dd>
          </>
        )}
        {evidence?.dst_endpoint && (
          <>
            <dt>{text.finding.destination}</dt>
            <dd className="mono">{addressOf(evidence.dst_endpoint)}</dd>
          </>
        )}
        {process?.working_directory !== undefined && (
          <>
            <dt>{text.finding.directory}</dt>
            <dd className="mono">{process.working_directory}</dd>
          </>
        )}
        {process?.session?.terminal !== undefined && (
          <>
            <dt>{text.finding.terminal}</dt>
            <dd className="mono">{process.session.terminal}</dd>
          </>
        )}
        <dt>{text.finding.first}</dt>
        <dd>
          <At time={info.first_seen_time} />
        </dd>
        <dt>{text.finding.last}</dt>
        <dd>
          <At time={info.last_seen_time} />
        </dd>
        <dt>{text.finding.times}</dt>
        <dd>{format.count(finding.count)}</dd>
        {device && (
          <>
            <dt>{text.finding.host}</dt>
            <dd>{device.hostname}</dd>
          </>
        )}
        <dt>{text.finding.rule}</dt>
        <dd>
          <code className="breaks" title={info.analytic.name}>
            {info.analytic.uid}
          </code>
        </dd>
        <dt>{text.finding.id}</dt>
        <dd>
          <Copyable value={info.uid} />
        </dd>
      </dl>
    </Panel>
  );
}
