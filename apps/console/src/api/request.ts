/** Requests to the agent, and what they fail with. */
import { operatorName } from '../operator.ts';
import type { ApiError } from './contract.ts';

/** Why a request failed, in words for a person. `column` counts from 1. */
export interface Failure {
  kind: 'unreachable' | 'unauthorized' | 'not_found' | 'refused' | 'broken';
  en: string;
  zh: string;
  column?: number;
}

/** Thrown by every function of this folder when the agent does not answer with success. */
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

/** Asks and parses the answer. @throws RequestError */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await send(path, signal ? { signal } : {});
  return (await response.json()) as T;
}

/** Who asks, for the journal; headers are Latin, names need not be. */
function signed(): Record<string, string> {
  const name = operatorName();
  return name === '' ? {} : { 'x-redoubt-operator': encodeURIComponent(name) };
}

/** Sends a body. @throws RequestError */
export function post(path: string, body: unknown = {}, signal?: AbortSignal): Promise<Response> {
  return send(path, {
    ...(signal && { signal }),
    method: 'POST',
    headers: { 'content-type': 'application/json', ...signed() },
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

/** Sends a body and parses the answer. @throws RequestError */
export async function change<T>(path: string, body: unknown = {}): Promise<T> {
  const response = await post(path, body);
  return (await response.json()) as T;
}

/** Takes something away and parses the answer. @throws RequestError */
export async function remove<T>(path: string): Promise<T> {
  const response = await send(path, { method: 'DELETE', headers: signed() });
  return (await response.json()) as T;
}
