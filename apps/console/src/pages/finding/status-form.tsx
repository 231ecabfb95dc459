import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { failureOf, setFindingStatus } from '../../api/client.ts';
import type { Finding } from '../../api/contract.ts';
import { useSession } from '../../api/hooks.ts';
import { useSpeech } from '../../text/text.tsx';
import { type StatusId, statuses, statusOf } from '../findings/status.tsx';

/** Sets a finding's status: choose one, say why if you like, save. */
export function StatusForm({
  finding,
  onChange,
}: {
  finding: Finding;
  onChange: (finding: Finding) => void;
}): ReactNode {
  const { text, say } = useSpeech();
  const { signOut } = useSession();
  const id = useId();
  const [chosen, setChosen] = useState<StatusId>();
  const [comment, setComment] = useState('');
  const [busy, setBusy] = useState(false);
  const [note, setNote] = useState<{ en: string; zh: string } | StatusId>();
  const current = statusOf(finding.status_id);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (chosen === undefined) return;
    setBusy(true);
    try {
      const request = comment.trim() === '' ? {} : { comment: comment.trim() };
      onChange(await setFindingStatus(finding.finding_info.uid, { status_id: chosen, ...request }));
      setNote(chosen);
      setChosen(undefined);
      setComment('');
    } catch (thrown) {
      const failure = failureOf(thrown);
      if (failure.kind === 'unauthorized') signOut();
      setNote(failure);
    }
    setBusy(false);
  };

  return (
    <form className="status-form" onSubmit={event => void submit(event)}>
      <fieldset className="choices joined">
        <legend className="unseen">{text.finding.setStatus}</legend>
        {statuses.map(status => (
          <button
            key={status}
            type="button"
            className="button"
            aria-pressed={(chosen ?? current) === status}
            onClick={() => setChosen(status === current ? undefined : status)}
          >
            {text.status[status]}
          </button>
        ))}
      </fieldset>
      {chosen !== undefined && (
        <div className="status-comment">
          <label htmlFor={id} className="unseen">
            {text.finding.comment}
          </label>
          <input
            id={id}
            className="field"
            maxLength={2000}
            placeholder={text.finding.comment}
            value={comment}
            onChange={event => setComment(event.target.value)}
          />
          <button type="submit" className="button primary" disabled={busy}>
            {text.finding.save}
          </button>
          <button type="button" className="button" onClick={() => setChosen(undefined)}>
            {text.finding.cancel}
          </button>
        </div>
      )}
      <p className={typeof note === 'object' ? 'warn-text small' : 'soft small'} role="status">
        {typeof note === 'object' ? say(note) : note && text.finding.saved(text.status[note])}
      </p>
    </form>
  );
}
