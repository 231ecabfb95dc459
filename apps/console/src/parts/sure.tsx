/** A button that asks once more before it does what it says. */
import { type ReactNode, useEffect, useRef, useState } from 'react';

export function SureButton({
  label,
  about,
  question,
  yes,
  no,
  busy,
  onYes,
}: {
  label: string;
  /** What it is done to, for those who hear the button only. */
  about: string;
  question: string;
  yes: string;
  no: string;
  busy: boolean;
  onYes: () => void;
}): ReactNode {
  const [isAsking, setAsking] = useState(false);
  const answer = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isAsking) answer.current?.focus();
  }, [isAsking]);
  if (!isAsking) {
    return (
      <button
        type="button"
        className="button"
        aria-label={`${label}: ${about}`}
        disabled={busy}
        onClick={() => setAsking(true)}
      >
        {label}
      </button>
    );
  }
  return (
    <span className="row-actions">
      <span className="small soft">{question}</span>
      <button ref={answer} type="button" className="button primary" disabled={busy} onClick={onYes}>
        {yes}
      </button>
      <button type="button" className="button" onClick={() => setAsking(false)}>
        {no}
      </button>
    </span>
  );
}
