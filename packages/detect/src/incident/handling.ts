/** What people do about an incident: its status, its owner, their comments, and the history of it all. */
import { type Incident, type IncidentChange, type IncidentComment, incidentStatus } from '@redoubt/model';

/** Name under which Redoubt itself makes changes. */
export const redoubtItself = 'redoubt';

/** Comments and changes kept of one incident; the oldest go first, the first change stays. */
const commentLimit = 200;
const historyLimit = 500;

/** The part of an incident that people decide. */
export interface Handling {
  readonly status: number;
  readonly owner: string | undefined;
  /** What the person who set the status wrote. */
  readonly reason: string | undefined;
  readonly comments: readonly IncidentComment[];
  readonly history: readonly IncidentChange[];
}

/** A decision of a person. */
export type Decision =
  | { readonly type: 'status'; readonly status: number; readonly reason?: string }
  | { readonly type: 'owner'; readonly owner: string | undefined }
  | { readonly type: 'comment'; readonly text: string }
  | { readonly type: 'suppress'; readonly reason: string };

/** Whether an incident of this status still takes findings in. */
export function isOpen(status: number): boolean {
  return status < incidentStatus.resolved;
}

/** How a new incident begins. */
export function begun(now: number): Handling {
  return {
    status: incidentStatus.new,
    owner: undefined,
    reason: undefined,
    comments: [],
    history: [{ time: now, author: redoubtItself, what: 'created' }],
  };
}

/**
 * The handling after a decision, with who made it and when.
 * @param now milliseconds since the Unix epoch
 */
export function decided(before: Handling, decision: Decision, author: string, now: number): Handling {
  const note = (change: Omit<IncidentChange, 'time' | 'author'>): IncidentChange[] => {
    const history = [...before.history, { time: now, author, ...change }];
    return history.length > historyLimit ? [...history.slice(0, 1), ...history.slice(2)] : history;
  };
  switch (decision.type) {
    case 'status': {
      const { status, reason } = decision;
      return {
        ...before,
        status,
        reason,
        history: note({
          what: 'status',
          from: String(before.status),
          to: String(status),
          ...(reason === undefined ? {} : { reason }),
        }),
      };
    }
    case 'owner':
      return {
        ...before,
        owner: decision.owner,
        history: note({
          what: 'owner',
          ...(before.owner === undefined ? {} : { from: before.owner }),
          ...(decision.owner === undefined ? {} : { to: decision.owner }),
        }),
      };
    case 'comment':
      return {
        ...before,
        comments: [...before.comments, { time: now, author, text: decision.text }].slice(-commentLimit),
      };
    case 'suppress':
      return {
        ...before,
        status: incidentStatus.closed,
        reason: decision.reason,
        history: note({
          what: 'suppressed',
          from: String(before.status),
          to: String(incidentStatus.closed),
          reason: decision.reason,
        }),
      };
  }
}

/** The handling of an incident that becomes part of an older one, taken into that one's. */
export function joined(older: Handling, younger: Handling, youngerUid: string, now: number): Handling {
  const byTime = (a: { time: number }, b: { time: number }) => a.time - b.time;
  const decisions = younger.history.filter(({ what }) => what !== 'created');
  return {
    // Work that has begun on either has begun on both.
    status: older.status === incidentStatus.new ? younger.status : older.status,
    owner: older.owner ?? younger.owner,
    reason: older.reason ?? younger.reason,
    comments: [...older.comments, ...younger.comments].sort(byTime).slice(-commentLimit),
    history: [
      ...[...older.history, ...decisions].sort(byTime),
      { time: now, author: redoubtItself, what: 'merged' as const, from: youngerUid },
    ],
  };
}

/** The handling that a stored incident has. */
export function handlingOf(incident: Incident): Handling {
  return {
    status: incident.status_id,
    owner: incident.assignee?.name,
    reason: incident.comment,
    comments: incident.redoubt.comments,
    history: incident.redoubt.history,
  };
}

/** A stored incident after a decision. */
export function withDecision(incident: Incident, decision: Decision, author: string, now: number): Incident {
  const handling = decided(handlingOf(incident), decision, author, now);
  const { assignee: _owner, comment: _reason, ...rest } = incident;
  const activity_id = isOpen(handling.status) ? 2 : 3;
  return {
    ...rest,
    ...handlingAttributes(handling),
    activity_id,
    type_uid: 200_500 + activity_id,
    time: now,
    redoubt: { ...incident.redoubt, comments: [...handling.comments], history: [...handling.history] },
  };
}

/** OCSF attributes of a handling. */
export function handlingAttributes(handling: Handling): Pick<Incident, 'status_id' | 'assignee' | 'comment'> {
  return {
    status_id: handling.status,
    ...(handling.owner === undefined ? {} : { assignee: { name: handling.owner } }),
    ...(handling.reason === undefined ? {} : { comment: handling.reason }),
  };
}
