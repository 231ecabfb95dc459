import { type ReactNode, useCallback } from 'react';
import { getIncident } from '../../api/client.ts';
import type { Incident, StoryStep } from '../../api/contract.ts';
import { useMessages, useResource } from '../../api/hooks.ts';
import { Ago, At, Copyable, Panel } from '../../parts/basics.tsx';
import { Icon } from '../../parts/icon.tsx';
import { JsonFold } from '../../parts/json.tsx';
import { Severity } from '../../parts/severity.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { hrefOf } from '../../router.ts';
import { tacticName } from '../../text/terms.ts';
import { useSpeech } from '../../text/text.tsx';
import { Handling } from './handling.tsx';
import { IncidentStatusName, Score } from './status.tsx';
import '../finding/finding.css';
import './incidents.css';

interface Part {
  incident: Incident;
}

function Head({ incident }: Part): ReactNode {
  const { text, format, say } = useSpeech();
  return (
    <div className="finding-head">
      <p className="finding-crumbs">
        <a href={hrefOf('incidents')}>
          <Icon name="back" size={13} />
          {text.incident.title}
        </a>
      </p>
      <h1>{say(incident.redoubt.title)}</h1>
      <p className="finding-marks">
        <Severity id={incident.severity_id} badge />
        <Score value={incident.redoubt.score.value} />
        <IncidentStatusName id={incident.status_id} />
        <span className="soft">
          <Ago time={incident.end_time} />
        </span>
        <span className="soft">{text.incident.findings(format.count(incident.count))}</span>
      </p>
    </div>
  );
}

function Step({ step }: { step: StoryStep }): ReactNode {
  const { text, format, say, language } = useSpeech();
  const [uid] = step.findings;
  return (
    <li className="story-step" data-level={step.severity_id} data-event={uid === undefined}>
      <p className="story-when small faint">
        <At time={step.time} />
        {step.tactic && (
          <span className="chip">{tacticName(step.tactic.uid, step.tactic.name, language)}</span>
        )}
        {step.count > 1 && <span className="chip">{text.findings.count(format.count(step.count))}</span>}
      </p>
      <p className="breaks">
        {uid === undefined ? say(step.text) : <a href={hrefOf('findings', uid)}>{say(step.text)}</a>}
      </p>
    </li>
  );
}

function Story({ incident: { redoubt } }: Part): ReactNode {
  const { text, format } = useSpeech();
  return (
    <Panel title={text.incident.story}>
      <ol className="story" aria-label={text.incident.story}>
        {redoubt.story.map(step => (
          <Step key={`${step.time} ${step.text.en}`} step={step} />
        ))}
      </ol>
      {redoubt.steps_left_out !== undefined && (
        <p className="soft">{text.incident.leftOut(format.count(redoubt.steps_left_out))}</p>
      )}
    </Panel>
  );
}

function Affected({ incident: { redoubt } }: Part): ReactNode {
  const { text } = useSpeech();
  return (
    <Panel title={text.incident.affected}>
      <ul className="terms">
        {[...Map.groupBy(redoubt.affected, ({ type }) => type)].map(([type, entries]) => (
          <li key={type}>
            <span className="soft small">{text.incident.type[type]}</span>
            <span className="affected-names">
              {entries.map(({ name, privileged }) => (
                <span key={name}>
                  <strong className="breaks">{name}</strong>{' '}
                  {privileged && <span className="chip accent">{text.incident.privileged}</span>}
                </span>
              ))}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function ScoreParts({ incident: { redoubt } }: Part): ReactNode {
  const { text, say } = useSpeech();
  return (
    <Panel title={`${text.incident.score} ${redoubt.score.value} / 100`}>
      <ul className="terms">
        {redoubt.score.parts.map(part => (
          <li key={part.name}>
            <span className="soft small">
              {part.points} / {part.max}
            </span>
            <span>{say(part.text)}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function About({ incident }: Part): ReactNode {
  const { text, language } = useSpeech();
  const { redoubt } = incident;
  return (
    <Panel title={text.finding.about}>
      <dl className="facts">
        <dt>{text.incident.firstEvent}</dt>
        <dd>
          <At time={incident.start_time} />
        </dd>
        <dt>{text.incident.lastEvent}</dt>
        <dd>
          <At time={incident.end_time} />
        </dd>
        <dt>{text.finding.attack}</dt>
        <dd>{redoubt.tactics.map(({ uid, name }) => tacticName(uid, name, language)).join(' → ')}</dd>
        <dt>{text.incident.id}</dt>
        <dd>
          <Copyable value={incident.metadata.uid} />
        </dd>
      </dl>
    </Panel>
  );
}

/** One incident: its story, what it touched, why it matters, and what is done about it. */
export function IncidentPage({ uid }: { uid: string }): ReactNode {
  const { text } = useSpeech();
  const load = useCallback((signal: AbortSignal) => getIncident(uid, signal), [uid]);
  const resource = useResource(load);
  const { update, reload } = resource;
  const onIncident = useCallback(
    (changed: Incident) => {
      if (changed.metadata.uid !== uid)
        update(old => (old.metadata.uid === changed.metadata.uid ? changed : old));
      else if (changed.redoubt.merged_into === undefined) update(() => changed);
      else reload();
    },
    [update, reload, uid],
  );
  useMessages('incident', onIncident);
  if (resource.failure?.kind === 'not_found') {
    return (
      <Empty title={text.incident.notFound}>
        <a href={hrefOf('incidents')}>{text.incident.title}</a>
      </Empty>
    );
  }
  return (
    <Loaded resource={resource}>
      {incident => (
        <article className="finding">
          <Head incident={incident} />
          <div className="finding-main">
            <Story incident={incident} />
            <section className="panel finding-json" aria-label={text.incident.json}>
              <JsonFold title={text.incident.json} data={incident} />
            </section>
          </div>
          <aside className="finding-aside">
            <Handling incident={incident} onChange={changed => update(() => changed)} />
            <Affected incident={incident} />
            <ScoreParts incident={incident} />
            <About incident={incident} />
          </aside>
        </article>
      )}
    </Loaded>
  );
}
