/** Asking the agent. */
import type {
  ApiError,
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

/** Why a request failed, in words for a person. `column` counts from 1. */
export interface Failure {
  kind: 'unreachable' | 'unauthorized' | 'not_found' | 'refused' | 'broken';
  en: string;
  zh: string;
  column?: number;
}

/** Thrown by every function here when the agent does not answer with success. */
export class RequestError extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.en);
    this.failure = failure;
  }
}

/** What went wrong, of anything that a request may have thrown. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof RequestError) return thrown.failure;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { kind: 'broken', en: message, zh: message };
}

function kindOf(status: number): Failure['kind'] {
  if (status === 401) return 'unauthorized';
  if (status === 404) return 'not_found';
  return status < 500 ? 'refused' : 'broken';
}

function isApiError(data: unknown): data is ApiError {
  if (typeof data !== 'object' || data === null || !('error' in data)) return false;
  const { error } = data;
  return typeof error === 'object' && error !== null && 'en' in error && 'zh' in error;
}

async function toFailure(response: Response): Promise<Failure> {
  const kind = kindOf(response.status);
  const data: unknown = await response.json().catch(() => undefined);
  if (!isApiError(data)) {
    return { kind, en: `The agent answered ${response.status}.`, zh: `代理返回了 ${response.status}。` };
  }
  const { en, zh, column } = data.error;
  return column === undefined ? { kind, en, zh } : { kind, en, zh, column };
}

async function send(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: 'same-origin', cache: 'no-store', ...init });
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'AbortError') throw thrown;
    throw new RequestError({
      kind: 'unreachable',
      en: 'The agent cannot be reached.',
      zh: '无法连接到代理。',
    });
  }
  if (!response.ok) throw new RequestError(await toFailure(response));
  return response;
}

async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await send(path, signal ? { signal } : {});
  return (await response.json()) as T;
}

function post(path: string, body: unknown): Promise<Response> {
  return send(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** Query parameters; those without a value are left out. */
export function queryOf(parameters: Record<string, string | number | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== '') query.set(name, String(value));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

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
