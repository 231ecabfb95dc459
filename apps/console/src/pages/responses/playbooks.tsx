/** Playbooks: what each does, for which findings, who must agree; their runs. */
import { type ReactNode, useState } from 'react';
import { getPlaybooks, getResponse } from '../../api/acting.ts';
import type { PlaybookItem, RunItem } from '../../api/contract.ts';
import { usePolled, useResource } from '../../api/hooks.ts';
import { Panel } from '../../parts/basics.tsx';
import { Standing } from '../../parts/facts.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Severity } from '../../parts/severity.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { asHeading } from '../../text/format.ts';
import { useSpeech } from '../../text/text.tsx';
import { PlaybookForm } from './playbook-form.tsx';
import { RunView } from './runs.tsx';

const interval = 3_000;
/** The title of a kind of action. */
type TitleOf = (action: string) => string;

function Steps({ playbook, titleOf }: { playbook: PlaybookItem; titleOf: TitleOf }): ReactNode {
  const { text, format } = useSpeech();
  const words = text.response;
  return (
    <ol className="playbook-steps">
      {playbook.steps.map(step => (
        <li key={step.name}>
          <span>{titleOf(step.action)}</span>
          <span className="small soft">
            {[
              step.lasts !== undefined && words.lasts(format.duration(step.lasts)),
              step.approval &&
                words.approval(format.count(step.approval.people), format.duration(step.approval.within)),
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
  titleOf,
  finding,
  onRun,
}: {
  playbook: PlaybookItem;
  titleOf: TitleOf;
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
        <Steps playbook={playbook} titleOf={titleOf} />
        <dl className="facts">
          <dt>{words.when}</dt>
          <dd className="playbook-when">
            {when.severity > 0 && (
              <span>
                <Severity id={when.severity} /> {words.orWorse}
              </span>
            )}
            {when.techniques.map(one => (
              <span key={one} className="chip mono">
                {one}
              </span>
            ))}
            {when.rules.length > 0 && <span>{words.rules(String(when.rules.length))}</span>}
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
  const { data: response } = useResource(getResponse);
  const titleOf: TitleOf = action => {
    const kind = response?.kinds.find(({ name }) => name === action);
    return kind === undefined ? action : asHeading(say(kind.title));
  };
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
              <OnePlaybook
                key={playbook.name}
                playbook={playbook}
                titleOf={titleOf}
                finding={finding}
                onRun={reload}
              />
            ))}
            {ended}
          </div>
        );
      }}
    </Loaded>
  );
}
