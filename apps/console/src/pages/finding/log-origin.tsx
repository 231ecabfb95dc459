/** Where a finding comes from that no process is known of: the log, the place in it, and what it says. */
import type { ReactNode } from 'react';
import type { Event, Finding } from '../../api/contract.ts';
import { At, Copyable, Panel } from '../../parts/basics.tsx';
import { useSpeech } from '../../text/text.tsx';

/** Whether the processes around a finding can be shown. */
export function aboutProcess(finding: Finding): boolean {
  return finding.evidences.some(({ process }) => process?.uid !== undefined);
}

/** The log records that a finding rests on. */
export function LogOrigin({ finding }: { finding: Finding }): ReactNode {
  const { text } = useSpeech();
  const events = finding.evidences.flatMap(({ event }) => (event === undefined ? [] : [event as Event]));
  return (
    <Panel title={text.finding.ancestry} aside={<span className="faint small">{text.finding.fromLog}</span>}>
      {events.map(({ time, message, metadata, unmapped }) => (
        <dl className="node-facts small" key={`${metadata.log_name} ${metadata.sequence} ${time}`}>
          <div>
            <dt>{text.finding.log}</dt>
            <dd>
              <Copyable value={metadata.log_name ?? metadata.product.name} />
            </dd>
          </div>
          {typeof unmapped?.['log_position'] === 'string' && (
            <div>
              <dt>{text.finding.logPosition}</dt>
              <dd className="mono breaks">{unmapped['log_position']}</dd>
            </div>
          )}
          <div>
            <dt>{text.finding.stated}</dt>
            <dd>
              <At time={time} />
            </dd>
          </div>
          {metadata.logged_time !== undefined && (
            <div>
              <dt>{text.finding.received}</dt>
              <dd>
                <At time={metadata.logged_time} />
              </dd>
            </div>
          )}
          {message !== undefined && (
            <div>
              <dt>{text.finding.message}</dt>
              <dd className="mono breaks">{message}</dd>
            </div>
          )}
        </dl>
      ))}
    </Panel>
  );
}
