/** A ban by hand: the address, what the ban would do, doing it. */
import { type FormEvent, type ReactNode, useState } from 'react';
import { ban, planBan } from '../../api/acting.ts';
import type { BanPlan } from '../../api/contract.ts';
import { useDeed } from '../../api/hooks.ts';
import { Refusal, Standing } from '../../parts/facts.tsx';
import { type Length, LengthField, OperatorField, TextField } from '../../parts/fields.tsx';
import { PlanView } from '../../parts/plan.tsx';
import { useSpeech } from '../../text/text.tsx';

export function BanForm({ onDone }: { onDone: () => void }): ReactNode {
  const { text, say } = useSpeech();
  const words = text.bans;
  const deed = useDeed();
  const [subject, setSubject] = useState('');
  const [length, setLength] = useState<Length>('3600');
  const [reason, setReason] = useState('');
  const [shown, setShown] = useState<{ asked: string; answer: BanPlan }>();
  const [done, setDone] = useState<string>();
  const body = { subject: subject.trim(), ...(length !== '' && { seconds: Number(length) }) };
  const asked = JSON.stringify(body);
  const plan = shown?.asked === asked ? shown.answer : undefined;

  const look = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setDone(undefined);
    await deed.run(async () => setShown({ asked, answer: await planBan(body) }));
  };
  const act = (): Promise<boolean> =>
    deed.run(async () => {
      const { problems } = await ban({ ...body, ...(reason.trim() !== '' && { reason: reason.trim() }) });
      const [problem] = problems;
      setDone(problem === undefined ? words.banned(plan?.subject ?? body.subject) : say(problem));
      setShown(undefined);
      setSubject('');
      onDone();
    });

  return (
    <form className="step-form plain" aria-label={words.add} onSubmit={event => void look(event)}>
      <div className="step-row">
        <TextField label={words.address} value={subject} onChange={setSubject} placeholder="203.0.113.7" />
        <LengthField value={length} onChange={setLength} />
        <button
          type="submit"
          className={plan ? 'button' : 'button primary'}
          disabled={deed.busy || body.subject === ''}
        >
          {text.acting.showPlan}
        </button>
      </div>
      {plan?.refused && (
        <p role="alert">
          <Standing level="bad">{say(plan.refused)}</Standing>
        </p>
      )}
      {plan && !plan.refused && <PlanView plan={plan.plan} />}
      <Refusal failure={deed.failure} />
      {plan && !plan.refused && (
        <div className="step-row">
          <OperatorField />
          <TextField label={text.acting.why} value={reason} onChange={setReason} />
          <button type="button" className="button primary" disabled={deed.busy} onClick={() => void act()}>
            {words.doIt(plan.subject)}
          </button>
        </div>
      )}
      {done !== undefined && <p role="status">{done}</p>}
    </form>
  );
}
