import { type ReactNode, useCallback } from 'react';
import { getFinding } from '../../api/client.ts';
import type { Finding } from '../../api/contract.ts';
import { useMessages, useResource } from '../../api/hooks.ts';
import { Ago, Panel } from '../../parts/basics.tsx';
import { Icon } from '../../parts/icon.tsx';
import { JsonFold } from '../../parts/json.tsx';
import { Severity } from '../../parts/severity.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { hrefOf } from '../../router.ts';
import { useSpeech } from '../../text/text.tsx';
import { StatusName } from '../findings/status.tsx';
import { Ancestry } from './ancestry.tsx';
import { About, Advice, Attacks, Clauses } from './asides.tsx';
import { aboutProcess, LogOrigin } from './log-origin.tsx';
import { Respond } from './respond.tsx';
import { StatusForm } from './status-form.tsx';
import './finding.css';

function Reasons({ finding }: { finding: Finding }): ReactNode {
  const { text, say } = useSpeech();
  return (
    <Panel title={text.finding.reasons}>
      <ol className="reasons">
        {finding.redoubt.reasons.map(reason => (
          <li key={`${reason.field} ${reason.value}`}>
            <p>{say(reason.text)}</p>
            <p className="reason-fact mono breaks">
              <span className="faint">{reason.field}</span> {reason.value}
            </p>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function Head({ finding }: { finding: Finding }): ReactNode {
  const { text, format, say } = useSpeech();
  return (
    <div className="finding-head">
      <p className="finding-crumbs">
        <a href={hrefOf('findings')}>
          <Icon name="back" size={13} />
          {text.finding.back}
        </a>
      </p>
      <h1>{say(finding.redoubt.title)}</h1>
      <p className="finding-marks">
        <Severity id={finding.severity_id} badge />
        <StatusName id={finding.status_id} />
        <span className="soft">
          <Ago time={finding.finding_info.last_seen_time} />
        </span>
        {finding.count > 1 && (
          <span className="soft">{text.findings.count(format.count(finding.count))}</span>
        )}
        {finding.device && <span className="soft">{finding.device.hostname}</span>}
      </p>
      <p className="finding-description">{say(finding.redoubt.description)}</p>
    </div>
  );
}

/** One finding: why, how it came about, what to do. */
export function FindingPage({ uid }: { uid: string }): ReactNode {
  const { text } = useSpeech();
  const load = useCallback((signal: AbortSignal) => getFinding(uid, signal), [uid]);
  const resource = useResource(load);
  const { update } = resource;
  const onFinding = useCallback(
    (changed: Finding) => update(old => (changed.finding_info.uid === uid ? changed : old)),
    [update, uid],
  );
  useMessages('finding', onFinding);
  if (resource.failure?.kind === 'not_found') {
    return (
      <Empty title={text.finding.notFound}>
        <a href={hrefOf('findings')}>{text.finding.back}</a>
      </Empty>
    );
  }
  return (
    <Loaded resource={resource}>
      {finding => (
        <article className="finding">
          <Head finding={finding} />
          <div className="finding-main">
            <Reasons finding={finding} />
            {aboutProcess(finding) ? <Ancestry uid={uid} /> : <LogOrigin finding={finding} />}
            <section className="panel finding-json" aria-label={text.finding.json}>
              <JsonFold title={text.finding.json} data={finding} />
            </section>
          </div>
          <aside className="finding-aside">
            <Panel title={text.finding.setStatus}>
              <StatusForm finding={finding} onChange={changed => update(() => changed)} />
            </Panel>
            <Respond finding={finding} />
            <Advice finding={finding} />
            <Attacks finding={finding} />
            <Clauses finding={finding} />
            <About finding={finding} />
          </aside>
        </article>
      )}
    </Loaded>
  );
}
