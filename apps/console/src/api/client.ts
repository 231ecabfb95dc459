/** Asking the agent. */
import type {
  EventsPage,
  Finding,
  FindingsPage,
  FindingTree,
  Incident,
  IncidentsPage,
  ProcessesAnswer,
  StatusRequest,
  Summary,
} from './contract.ts';
import { get, post, queryOf } from './request.ts';

export { type Failure, failureOf, queryOf, RequestError } from './request.ts';

/** Trades the token that the agent printed for a session cookie. */
export async function signIn(token: string): Promise<void> {
  await post('/api/session', { token });
}

/** The host, its sensors, and how they fare. */
export function getSummary(signal?: AbortSignal): Promise<Summary> {
  return get('/api/summary', signal);
}

/** Which findings to list; `severity` and `status` are ids separated by commas. */
export interface FindingsFilter {
  severity: string;
  status: string;
  q: string;
}

/** One page of findings, newest first. */
export function getFindings(
  filter: Partial<FindingsFilter> & { limit: number; before?: string },
  signal?: AbortSignal,
): Promise<FindingsPage> {
  return get(`/api/findings${queryOf({ ...filter })}`, signal);
}

/** One finding. */
export function getFinding(uid: string, signal?: AbortSignal): Promise<Finding> {
  return get(`/api/findings/${encodeURIComponent(uid)}`, signal);
}

/** The processes around a finding: ancestors, the process itself, and its descendants. */
export function getFindingTree(uid: string, signal?: AbortSignal): Promise<FindingTree> {
  return get(`/api/findings/${encodeURIComponent(uid)}/tree`, signal);
}

/** Sets a finding's status and gives the changed finding. */
export async function setFindingStatus(uid: string, request: StatusRequest): Promise<Finding> {
  const response = await post(`/api/findings/${encodeURIComponent(uid)}/status`, request);
  return (await response.json()) as Finding;
}

/** One page of incidents, the one with the last event first; `status` are ids separated by commas. */
export function getIncidents(
  filter: { status: string; limit: number },
  signal?: AbortSignal,
): Promise<IncidentsPage> {
  return get(`/api/incidents${queryOf(filter)}`, signal);
}

/** One incident; of one that was merged, what it became part of. */
export function getIncident(uid: string, signal?: AbortSignal): Promise<Incident> {
  return get(`/api/incidents/${encodeURIComponent(uid)}`, signal);
}

/** Sets the status or the owner of an incident, or comments on it; gives the changed incident. */
export async function decideIncident(
  uid: string,
  what: 'status' | 'owner' | 'comment',
  body: object,
): Promise<Incident> {
  const response = await post(`/api/incidents/${encodeURIComponent(uid)}/${what}`, body);
  return (await response.json()) as Incident;
}

/** Which events to show; `kinds` are separated by commas, empty for all. */
export interface EventsFilter {
  where: string;
  kinds: string;
}

/** One page of events, newest first. */
export function getEvents(
  filter: EventsFilter & { limit: number; before_sequence?: number },
  signal?: AbortSignal,
): Promise<EventsPage> {
  return get(`/api/events${queryOf({ ...filter })}`, signal);
}

/** Every process that runs now. */
export function getProcesses(signal?: AbortSignal): Promise<ProcessesAnswer> {
  return get('/api/processes', signal);
}
