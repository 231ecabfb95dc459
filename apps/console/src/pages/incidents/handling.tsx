/** What people do about an incident: status, owner, comments. */
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { decideIncident, failureOf } from '../../api/client.ts';
import type { Incident } from '../../api/contract.ts';
import { useSession } from '../../api/hooks.ts';
import { At, Panel } from '../../parts/basics.tsx';
import { useSpeech } from '../../text/text.tsx';
import { incidentStatuses, incidentStatusOf } from './status.tsx';

/** A field with a button that sends it. */
function Line({
  label,
  value,
  button,
  onSend,
}: {
  label: string;
  value: string;
  button: string;
  onSend: (text: string) => Promise<void>;
}): ReactNode {
  const id = useId();
  const [typed, setTyped] = useState(value);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void onSend(typed.trim()).then(() => setTyped(value));
  };
  return (
    <form className="status-comment" onSubmit={submit}>
      <label htmlFor={id} className="unseen">
        {label}
      </label>
      <input
        id={id}
        className="field"
        maxLength={2000}
        placeholder={label}
        value={typed}
        onChange={event => setTyped(event.target.value)}
      />
      <button type="submit" className="button">
        {button}
      </button>
    </form>
  );
}

/** Sets the status and the owner, and takes comments; shows those that were made. */
export function Handling({
  incident,
  onChange,
}: {
  incident: Incident;
  onChange: (changed: Incident) => void;
}): ReactNode {
  const { text, say } = useSpeech();
  const { signOut } = useSession();
  const [trouble, setTrouble] = useState<{ en: string; zh: string }>();
  const { uid } = incident.metadata;
  const owner = incident.assignee?.name ?? '';

  const decide = async (what: 'status' | 'owner' | 'comment', body: object): Promise<void> => {
    try {
      onChange(await decideIncident(uid, what, body));
      setTrouble(undefined);
    } catch (thrown) {
      const failure = failureOf(thrown);
      if (failure.kind === 'unauthorized') signOut();
      setTrouble(failure);
    }
  };

  return (
    <Panel title={text.incident.handling}>
      <div className="handling">
        <fieldset className="choices">
          <legend className="unseen">{text.finding.setStatus}</legend>
          {incidentStatuses.map(status => (
            <button
              key={status}
              type="button"
              className="button"
              aria-pressed={incidentStatusOf(incident.status_id) === status}
              onClick={() => void decide('status', { status_id: status })}
            >
              {text.incident.status[status]}
            </button>
          ))}
        </fieldset>
        <Line
          key={owner}
          label={text.incident.owner}
          value={owner}
          button={text.incident.assign}
          onSend={name => decide('owner', { owner: name })}
        />
        <ul className="comments">
          {incident.redoubt.comments.map(comment => (
            <li key={`${comment.time} ${comment.text}`}>
              <p className="small faint">
                {comment.author} · <At time={comment.time} />
              </p>
              <p className="breaks">{comment.text}</p>
            </li>
          ))}
        </ul>
        <Line
          label={text.incident.comment}
          value=""
          button={text.incident.send}
          onSend={words => (words === '' ? Promise.resolve() : decide('comment', { text: words }))}
        />
        {trouble && (
          <p className="warn-text small" role="status">
            {say(trouble)}
          </p>
        )}
      </div>
    </Panel>
  );
}
