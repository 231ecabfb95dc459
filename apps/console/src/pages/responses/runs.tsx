/** Runs of playbooks: what each step did, who must agree, and the way back. */
import type { ReactNode } from 'react';
import { approveRun, undoRun } from '../../api/acting.ts';
import type { RunItem, RunStepItem } from '../../api/contract.ts';
import { useDeed } from '../../api/hooks.ts';
import { Ago, useNow } from '../../parts/basics.tsx';
import { Refusal, Standing } from '../../parts/facts.tsx';
import { OperatorField } from '../../parts/fields.tsx';
import { SureButton } from '../../parts/sure.tsx';
import { hrefOf } from '../../router.ts';
import { useSpeech } from '../../text/text.tsx';

const levels = {
  running: 'warn',
  waiting: 'warn',
  done: 'good',
  undoing: 'warn',
  failed: 'bad',
  expired: 'bad',
  undone: 'idle',
} as const;
const stepLevels = { pending: 'idle', done: 'good', failed: 'bad' } as const;

function StepLine({ step, isNext }: { step: RunStepItem; isNext: boolean }): ReactNode {
  const { text, format, say } = useSpeech();
  const words = text.response;
  const left = (step.deadline ?? 0) - useNow();
  return (
    <li>
      <Standing level={isNext ? 'warn' : stepLevels[step.status]}>
        {step.name} <code className="small faint">{step.action}</code>
      </Standing>
      {step.approval && step.status === 'pending' && (
        <span className="small soft">
          {words.agreed(format.count(step.approvals.length), format.count(step.approval.people))}
          {step.approvals.length > 0 && `: ${step.approvals.map(({ by }) => by).join(', ')}`}
          {step.deadline !== undefined && ` · ${words.left(format.duration(Math.max(0, left)))}`}
        </span>
      )}
      {step.error && <span className="small bad-text breaks">{say(step.error)}</span>}
    </li>
  );
}

/** One run. */
export function RunView({ run, onChange }: { run: RunItem; onChange: () => void }): ReactNode {
  const { text, say } = useSpeech();
  const words = text.response;
  const deed = useDeed();
  const waits = run.status === 'waiting';
  const next = run.steps.find(({ status }) => status === 'pending');
  const act = (work: (uid: string) => Promise<unknown>): void =>
    void deed.run(async () => {
      await work(run.uid);
      onChange();
    });
  const canUndo = run.status === 'done' || run.status === 'running' || waits;
  const shared = { about: say(run.title), no: words.no, busy: deed.busy };
  return (
    <li className="run">
      <p className="run-head">
        <strong>{say(run.title)}</strong>
        <Standing level={levels[run.status]}>{words.runStatus[run.status]}</Standing>
        <span className="small faint">
          {run.by} · <Ago time={run.created} /> ·{' '}
          <a href={hrefOf('findings', run.finding)} className="mono">
            {run.finding.slice(0, 12)}
          </a>
        </span>
      </p>
      <ol className="run-steps">
        {run.steps.map(step => (
          <StepLine key={step.name} step={step} isNext={waits && step === next} />
        ))}
      </ol>
      {run.error && <p className="small bad-text breaks">{say(run.error)}</p>}
      <Refusal failure={deed.failure} />
      {canUndo && (
        <div className="step-row">
          {waits && <OperatorField />}
          {waits && (
            <SureButton
              {...shared}
              label={words.approve}
              question={words.sureApprove(next?.name ?? '')}
              yes={words.yesApprove}
              onYes={() => act(approveRun)}
            />
          )}
          <SureButton
            {...shared}
            label={words.undoRun}
            question={words.sureUndoRun}
            yes={words.yesUndo}
            onYes={() => act(undoRun)}
          />
        </div>
      )}
    </li>
  );
}
