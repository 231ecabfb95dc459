import type { ReactNode } from 'react';
import { useSpeech } from '../../text/text.tsx';

/** OCSF `status_id` of a finding, in the order of its life. */
export const statuses = [1, 2, 3, 4] as const;
export type StatusId = (typeof statuses)[number];

/** A number as a finding's status; 1, new, when it is none. */
export function statusOf(id: number): StatusId {
  return statuses.find(status => status === id) ?? 1;
}

/** A finding's status as a word and a mark. */
export function StatusName({ id }: { id: number }): ReactNode {
  const { text } = useSpeech();
  const status = statusOf(id);
  return (
    <span className="status-name" data-status={status}>
      {text.status[status]}
    </span>
  );
}
