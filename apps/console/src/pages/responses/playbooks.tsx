/** Playbooks: what each does, for which findings, who must agree; their runs. */
import { type ReactNode, useState } from 'react';
import { getPlaybooks } from '../../api/acting.ts';
import type { PlaybookItem, RunItem } from '../../api/contract.ts';
import { usePolled } from '../../api/hooks.ts';
import { Panel } from '../../parts/basics.tsx';
import { Standing } from '../../parts/facts.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Severity } from '../../parts/severity.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { useSpeech } from '../../text/text.tsx';
import { PlaybookForm } from './playbook-form.tsx';
import { RunView } from './runs.tsx';

const interval = 3_000;

function Steps({ playbook }: { playbook: PlaybookItem }): ReactNode {
  const { text, format } = useSpeech();
  const words = text.response;
  return (
    <ol className="playbook-steps">
      {playbook.steps.map(step => (
        <li key={step.name}>
          <code>{step.action}</code>
          <span className="small soft">
            {[
              step.lasts !== undefined && words.lasts(format.duration(step.lasts)),
              step.approval &&
                `${words.people(format.count(step.approval.people))}, ${words.within(format.duration(step.approval.within))}`,
              step.optional && words.mayFail,
            ]
              .filter(Boolean)
              .join(' · ')}
          </span>
        </li>
      ))}
    </ol>
  );
}

function OnePlaybook({
  playbook,
  finding,
  onRun,
}: {
  playbook: PlaybookItem;
  finding: string;
  onRun: (run: RunItem) => void;
}): ReactNode {
  const { text, say } = useSpeech();
  const words = text.response;
  const [isStarting, setStarting] = useState(false);
  const { when, automatic, isShipped, file, onFailure } = playbook;
  return (
    <Panel title={say(playbook.title)} aside={<code className="faint small">{playbook.name}</code>}>
      <p className="panel-lead">{say(playbook.description)}</p>
      <div className="playbook">
        <Steps playbook={playbook} />
        <dl className="facts">
          <dt>{words.when}</dt>
          <dd>
            {when.severity > 0 && (
              <>
                <Severity id={when.severity} /> {words.orWorse}{' '}
              </>
            )}
            {when.techniques.map(one => (
              <span key={one} className="chip mono">
                {one}
              </span>
            ))}
            {when.rules.length > 0 && words.rules(String(when.rules.length))}
          </dd>
          <dt>{words.starts}</dt>
          <dd>{automatic ? <Standing level="warn">{words.byItself}</Standing> : words.byPerson}</dd>
          <dt>{words.onFailure}</dt>
          <dd>{words.failure[onFailure]}</dd>
          <dt>{words.file}</dt>
          <dd className="breaks">{isShipped ? words.shipped : <code>{file}</code>}</dd>
        </dl>
      </div>
      {isStarting ? (
        <PlaybookForm
          playbook={playbook}
          finding={finding}
          onDone={run => {
            setStarting(false);
            if (run) onRun(run);
          }}
        />
      ) : (
        <div className="row-actions protection-actions">
          <button
            type="button"
            className="button"
            aria-label={words.runPlaybook(say(playbook.title))}
            onClick={() => setStarting(true)}
          >
            {words.runIt}
          </button>
        </div>
      )}
    </Panel>
  );
}

/** The section about playbooks. */
export function Playbooks({ finding }: { finding: string }): ReactNode {
  const { text, say } = useSpeech();
  const words = text.response;
  const resource = usePolled(getPlaybooks, interval);
  const { reload } = resource;
  return (
    <Loaded resource={resource}>
      {({ playbooks, troubles, runs }) => {
        const isOpen = (run: RunItem): boolean =>
          run.status === 'waiting' || run.status === 'running' || run.status === 'undoing';
        const groups = [
          [words.openRuns, runs.filter(isOpen)],
          [words.endedRuns, runs.filter(run => !isOpen(run))],
        ] as const;
        const [open, ended] = groups.map(([title, list]) =>
          list.length === 0 ? null : (
            <Panel key={title} title={title}>
              <ul className="runs" aria-label={title}>
                {list.map(run => (
                  <RunView key={run.uid} run={run} onChange={reload} />
                ))}
              </ul>
            </Panel>
          ),
        );
        return (
          <div className="stack">
            {open}
            {troubles.map(trouble => (
              <p key={trouble.en} className="notice bad breaks">
                <Icon name="warning" />
                {say(trouble)}
              </p>
            ))}
            {playbooks.length === 0 && <Empty title={words.noPlaybooks} />}
            {playbooks.map(playbook => (
              <OnePlaybook key={playbook.name} playbook={playbook} finding={finding} onRun={reload} />
            ))}
            {ended}
          </div>
        );
      }}
    </Loaded>
  );
}
