/** An action: choose what, see its plan, do it. */
import { type FormEvent, type ReactNode, useState } from 'react';
import { planAction, runAction } from '../../api/acting.ts';
import { getProcesses } from '../../api/client.ts';
import type { Action, ActionKindItem, PlanAnswer, PlanBody } from '../../api/contract.ts';
import { useDeed, useResource } from '../../api/hooks.ts';
import { Refusal } from '../../parts/facts.tsx';
import { type Length, LengthField, OperatorField, TextField } from '../../parts/fields.tsx';
import { PlanView } from '../../parts/plan.tsx';
import { hrefOf } from '../../router.ts';
import { asHeading } from '../../text/format.ts';
import { useSpeech } from '../../text/text.tsx';
import { fieldsOf, type TargetField, targetOf } from './targets.ts';

/** What the form begins with, as the address of the page says. */
export interface Wanted {
  readonly kind: string;
  readonly finding: string;
  readonly values: Readonly<Record<string, string>>;
}

/** A plain pid as the identity that actions take: a pid alone may be somebody else's by the time it is used. */
async function withIdentity(values: Wanted['values']): Promise<Wanted['values']> {
  const pid = (values['process'] ?? '').trim();
  if (!/^\d+$/.test(pid)) return values;
  const { items } = await getProcesses();
  const uid = items.find(one => one.pid === Number(pid))?.uid;
  return uid === undefined ? values : { ...values, process: uid };
}

function ProcessField({ label, value, onChange }: FieldProps): ReactNode {
  const { data } = useResource(getProcesses);
  const options = (data?.items ?? [])
    .filter(one => !one.flags.includes('kernel_thread'))
    .map(one => ({ value: one.uid, name: `${one.pid} ${one.name} ${one.user?.name ?? ''}` }));
  return <TextField label={label} value={value} placeholder="4711" options={options} onChange={onChange} />;
}

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Field({
  field,
  isFilled,
  ...rest
}: FieldProps & { field: TargetField; isFilled: boolean }): ReactNode {
  const { text } = useSpeech();
  if (field.name === 'process' && !isFilled) return <ProcessField {...rest} />;
  return <TextField {...rest} placeholder={isFilled ? text.response.asFinding : field.like} />;
}

export function ActForm({
  kinds,
  wanted,
  onDone,
}: {
  kinds: readonly ActionKindItem[];
  wanted: Wanted;
  onDone: (action: Action) => void;
}): ReactNode {
  const { text, say } = useSpeech();
  const words = text.response;
  const deed = useDeed();
  const [kind, setKind] = useState(wanted.kind);
  const [values, setValues] = useState(wanted.values);
  const [length, setLength] = useState<Length>('3600');
  const [why, setWhy] = useState('');
  const [shown, setShown] = useState<{ asked: string; answer: PlanAnswer }>();
  const chosen = kinds.find(one => one.name === kind);
  const body: PlanBody = {
    kind,
    target: targetOf(kind, values),
    ...(wanted.finding !== '' && { finding: wanted.finding }),
  };
  const asked = JSON.stringify(body);
  const plan = shown?.asked === asked ? shown.answer : undefined;

  const look = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    await deed.run(async () => {
      const exact = await withIdentity(values);
      const wantedBody = { ...body, target: targetOf(kind, exact) };
      const answer = await planAction(wantedBody);
      setValues(exact);
      setShown({ asked: JSON.stringify(wantedBody), answer });
    });
  };
  const act = (answer: PlanAnswer): Promise<boolean> =>
    deed.run(async () => {
      const action = await runAction({
        kind,
        target: answer.target as Record<string, unknown>,
        ...(chosen?.can_undo && length !== '' && { lasts: Number(length) }),
        why: why.trim() || (wanted.finding === '' ? text.response.byHand : `finding ${wanted.finding}`),
      });
      setShown(undefined);
      onDone(action);
    });

  return (
    <form className="step-form plain" aria-label={words.act} onSubmit={event => void look(event)}>
      <fieldset className="choices">
        <legend className="unseen">{words.kind}</legend>
        {kinds.map(one => (
          <button
            key={one.name}
            type="button"
            className="button"
            aria-pressed={one.name === kind}
            onClick={() => setKind(one.name)}
          >
            {asHeading(say(one.title))}
          </button>
        ))}
      </fieldset>
      {chosen === undefined ? (
        <p className="soft">{words.choose}</p>
      ) : (
        <>
          <p className="soft">
            {words.about[chosen.name as keyof typeof words.about] ?? say(chosen.describe)}
            {wanted.finding !== '' && (
              <>
                {' '}
                {words.fromFinding}{' '}
                <a href={hrefOf('findings', wanted.finding)} className="mono small">
                  {wanted.finding.slice(0, 12)}
                </a>
              </>
            )}
          </p>
          <div className="step-row">
            {fieldsOf(kind).map(field => (
              <Field
                key={field.name}
                field={field}
                isFilled={wanted.finding !== ''}
                label={words.field[field.name] + (field.isOptional ? words.optional : '')}
                value={values[field.name] ?? ''}
                onChange={value => setValues({ ...values, [field.name]: value })}
              />
            ))}
            <button type="submit" className={plan ? 'button' : 'button primary'} disabled={deed.busy}>
              {text.acting.showPlan}
            </button>
          </div>
          {plan && <PlanView plan={plan.plan} />}
          <Refusal failure={deed.failure} />
          {plan && (
            <div className="step-row">
              {chosen.can_undo && <LengthField value={length} onChange={setLength} />}
              <OperatorField />
              <TextField label={text.acting.why} value={why} onChange={setWhy} />
              <button
                type="button"
                className="button primary"
                disabled={deed.busy}
                onClick={() => void act(plan)}
              >
                {words.doIt(asHeading(say(chosen.title)))}
              </button>
            </div>
          )}
        </>
      )}
    </form>
  );
}
