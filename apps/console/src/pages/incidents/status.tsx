import type { ReactNode } from 'react';
import { useSpeech } from '../../text/text.tsx';

/** OCSF `status_id` of an incident, in the order of its life. */
export const incidentStatuses = [1, 2, 3, 4, 5] as const;
export type IncidentStatusId = (typeof incidentStatuses)[number];

/** A number as an incident's status; 1, new, when it is none. */
export function incidentStatusOf(id: number): IncidentStatusId {
  return incidentStatuses.find(status => status === id) ?? 1;
}

/** Marks of a finding's status that mean the same: on hold and closed are as suppressed and resolved. */
const marks: Record<IncidentStatusId, number> = { 1: 1, 2: 2, 3: 3, 4: 4, 5: 4 };

/** An incident's status as a word and a mark. */
export function IncidentStatusName({ id }: { id: number }): ReactNode {
  const { text } = useSpeech();
  const status = incidentStatusOf(id);
  return (
    <span className="status-name" data-status={marks[status]}>
      {text.incident.status[status]}
    </span>
  );
}

/** A score as a number, a bar and its word for those who hear the page. */
export function Score({ value }: { value: number }): ReactNode {
  const { text } = useSpeech();
  return (
    <span className="score" data-level={value >= 75 ? 5 : value >= 50 ? 4 : value >= 25 ? 3 : 2}>
      <meter min={0} max={100} value={value} aria-label={text.incident.score} />
      <b>{value}</b>
    </span>
  );
}
