/** Starting a playbook: for which finding, with which inputs; first what each step would do. */
import { type FormEvent, type ReactNode, useCallback, useState } from 'react';
import { runPlaybook } from '../../api/acting.ts';
import { getFindings } from '../../api/client.ts';
import type { DryStepItem, PlaybookItem, RunItem } from '../../api/contract.ts';
import { useDeed, useResource } from '../../api/hooks.ts';
import { Refusal, Standing } from '../../parts/facts.tsx';
import { OperatorField, TextField } from '../../parts/fields.tsx';
import { PlanView } from '../../parts/plan.tsx';
import { useSpeech } from '../../text/text.tsx';

const offered = 50;
const inputMark = '$input.';

/** Names of inputs that a person must give. */
export function inputsOf({ steps }: PlaybookItem): string[] {
  const texts = steps.flatMap(({ target }) => Object.values(target).flat());
  const marks = texts.filter((one): one is string => typeof one === 'string' && one.startsWith(inputMark));
  return [...new Set(marks.map(one => one.slice(inputMark.length)))];
}

function DrySteps({ steps }: { steps: readonly DryStepItem[] }): ReactNode {
  const { text, format, say } = useSpeech();
  const words = text.response;
  return (
    <ol className="dry-steps" aria-label={text.acting.plan}>
      {steps.map(step => (
        <li key={step.name}>
          <p className="run-head">
            <strong>{step.name}</strong>
            <code className="small faint">{step.action}</code>
            {step.lasts !== undefined && (
              <span className="small soft">{words.lasts(format.duration(step.lasts))}</span>
            )}
            {step.approval && (
              <span className="chip">{words.people(format.count(step.approval.people))}</span>
            )}
          </p>
          {step.plan && <PlanView plan={step.plan} />}
          {step.error && <Standing level="bad">{say(step.error)}</Standing>}
        </li>
      ))}
    </ol>
  );
}

export function PlaybookForm({
  playbook,
  finding: given,
  onDone,
}: {
  playbook: PlaybookItem;
  finding: string;
  onDone: (run: RunItem | undefined) => void;
}): ReactNode {
  const { text, say } = useSpeech();
  const words = text.response;
  const deed = useDeed();
  const load = useCallback(
    (signal: AbortSignal) => getFindings({ status: '1,2', limit: offered }, signal),
    [],
  );
  const { data } = useResource(load);
  const [finding, setFinding] = useState(given);
  const [inputs, setInputs] = useState<Record<string, string>>({});
  const [shown, setShown] = useState<{ asked: string; steps: readonly DryStepItem[] }>();
  const body = { finding: finding.trim(), inputs };
  const asked = JSON.stringify(body);
  const steps = shown?.asked === asked ? shown.steps : undefined;
  // A step whose target is not known cannot even be begun; one that would be refused ends the run when it comes.
  const isReady = steps?.every(one => one.target !== undefined) ?? false;
  const refused = steps?.find(one => one.error !== undefined && !isOptional(playbook, one));

  const look = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    await deed.run(async () => {
      const { dry_run: found = [] } = await runPlaybook(playbook.name, { ...body, dry_run: true });
      setShown({ asked, steps: found });
    });
  };
  const start = (): Promise<boolean> =>
    deed.run(async () => onDone((await runPlaybook(playbook.name, body)).run));

  return (
    <form
      className="step-form"
      aria-label={words.runPlaybook(say(playbook.title))}
      onSubmit={event => void look(event)}
    >
      <div className="step-row">
        <TextField
          label={words.finding}
          value={finding}
          onChange={setFinding}
          placeholder={words.findingLike}
          options={data?.items.map(one => ({
            value: one.finding_info.uid,
            name: say(one.redoubt.title),
          }))}
        />
        {inputsOf(playbook).map(name => (
          <TextField
            key={name}
            label={name === 'console' ? words.field.console : name}
            value={inputs[name] ?? ''}
            onChange={value => setInputs({ ...inputs, [name]: value })}
          />
        ))}
        <button
          type="submit"
          className={isReady ? 'button' : 'button primary'}
          disabled={deed.busy || finding.trim() === ''}
        >
          {text.acting.showPlan}
        </button>
        <button type="button" className="button" onClick={() => onDone(undefined)}>
          {words.no}
        </button>
      </div>
      {steps && <DrySteps steps={steps} />}
      <Refusal failure={deed.failure} />
      {isReady && refused && (
        <p>
          <Standing level="warn">
            {words.wouldFail(refused.name)} {words.failure[playbook.onFailure]}
          </Standing>
        </p>
      )}
      {steps && (
        <div className="step-row">
          <OperatorField />
          <button
            type="button"
            className="button primary"
            disabled={deed.busy || !isReady}
            onClick={() => void start()}
          >
            {words.start}
          </button>
        </div>
      )}
    </form>
  );
}

function isOptional({ steps }: PlaybookItem, { name }: DryStepItem): boolean {
  return steps.find(one => one.name === name)?.optional === true;
}
