/**
 * CAPEv2 through its REST API (https://capev2.readthedocs.io/en/latest/usage/api.html): `tasks/create/file/`,
 * `tasks/status/ID/`, `tasks/get/report/ID/json/`, with `Authorization: Token …`.
 */
import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';
import type { Judged } from '../verdict.ts';
import type { Observation, Sample, Sandbox, SandboxReport, SandboxState } from './sandbox.ts';

/** Where CAPE stands and how to sign in. */
export interface CapeSettings {
  /** Address of its web server, such as `https://cape.example/`. */
  readonly address: string;
  readonly token?: string;
  /** Milliseconds that one request may take. */
  readonly timeout?: number;
}

const mostAnswer = 64 << 20;
const mostSignatures = 200;
/** CAPE's `malscore` goes from 0 to 10; it calls a sample suspicious from 4 and malicious from 7 (`malstatus`). */
const scale = 10;

/** CAPE as a sandbox. */
export class CapeSandbox implements Sandbox {
  readonly name = 'cape';
  readonly #base: URL;
  readonly #token: string | undefined;
  readonly #timeout: number;

  /** @throws Error when the address is none */
  constructor({ address, token, timeout = 60_000 }: CapeSettings) {
    if (!URL.canParse(address) || !/^https?:/.test(address))
      throw new Error(`"${address}" is no address of a web server`);
    this.#base = new URL('apiv2/', address.endsWith('/') ? address : `${address}/`);
    this.#token = token;
    this.#timeout = timeout;
  }

  async submit({ path }: Sample): Promise<string> {
    const form = new FormData();
    form.set('file', await openAsBlob(path), basename(path));
    const { data } = checked(await this.#ask('tasks/create/file/', { method: 'POST', body: form }));
    const ids = isRecord(data) ? data['task_ids'] : undefined;
    const id: unknown = Array.isArray(ids) ? ids[0] : undefined;
    if (typeof id !== 'number') throw new Error('CAPE took the file, but named no task');
    return String(id);
  }

  async poll(id: string): Promise<SandboxState> {
    if (!/^\d+$/.test(id)) throw new Error(`"${id}" is no task of CAPE`);
    const { data } = checked(await this.#ask(`tasks/status/${id}/`));
    if (data === 'reported')
      return { state: 'done', report: reportOf(await this.#ask(`tasks/get/report/${id}/json/`)) };
    if (typeof data === 'string' && data.startsWith('failed'))
      return {
        state: 'failed',
        why: { en: `CAPE could not analyse it: ${data}`, zh: `CAPE 无法完成分析：${data}` },
      };
    return { state: data === 'pending' || data === 'distributed' ? 'waiting' : 'running' };
  }

  async #ask(path: string, init: RequestInit = {}): Promise<unknown> {
    const where = new URL(path, this.#base);
    const headers = this.#token === undefined ? {} : { authorization: `Token ${this.#token}` };
    let answer: Response;
    try {
      answer = await fetch(where, {
        ...init,
        headers,
        signal: AbortSignal.timeout(this.#timeout),
        redirect: 'error',
      });
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      const words = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${where.origin} does not answer: ${words}`, { cause: error });
    }
    if (!answer.ok) throw new Error(`${where.origin} answers ${answer.status} to ${where.pathname}`);
    const text = await bounded(answer);
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new Error(`${where.origin} answers something that is not JSON to ${where.pathname}`, {
        cause: error,
      });
    }
  }
}

async function bounded(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    if (size > mostAnswer) throw new Error(`an answer is larger than ${mostAnswer} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checked(answer: unknown): { data: unknown } {
  if (!isRecord(answer)) throw new Error('CAPE answers something that is no object');
  if (answer['error'] === true) {
    const words = answer['error_value'] ?? answer['errors'] ?? 'an error without words';
    throw new Error(
      `CAPE refuses: ${typeof words === 'string' ? words : JSON.stringify(words).slice(0, 500)}`,
    );
  }
  return { data: answer['data'] };
}

function reportOf(report: unknown): SandboxReport {
  if (!isRecord(report)) throw new Error('the report of CAPE is no object');
  if (report['error'] === true) checked(report);
  const malscore = Number(report['malscore'] ?? 0);
  const score = Number.isFinite(malscore) ? Math.min(Math.max(malscore / scale, 0), 1) * 100 : 0;
  const signatures = Array.isArray(report['signatures']) ? report['signatures'].filter(isRecord) : [];
  const detections = report['detections'];
  const names = Array.isArray(detections)
    ? detections.flatMap(one => (isRecord(one) ? [String(one['family'])] : []))
    : [];
  return {
    sandbox: 'cape',
    judged: judgedOf(score, names.length > 0),
    score: Math.round(score),
    observations: signatures.slice(0, mostSignatures).map(observationOf),
    findings: [],
    omitted: Math.max(0, signatures.length - mostSignatures),
    notes: names.map(name => ({ en: `CAPE names it ${name}`, zh: `CAPE 将其识别为 ${name}` })),
  };
}

function judgedOf(score: number, named: boolean): Judged {
  if (named || score >= 70) return 'malicious';
  return score >= 40 ? 'suspicious' : 'clean';
}

/** A signature of CAPE. Its words are English; nobody has translated them. */
function observationOf(signature: Record<string, unknown>): Observation {
  const kind = String(signature['name'] ?? 'signature');
  const words = String(signature['description'] ?? kind);
  const count = Array.isArray(signature['data']) ? signature['data'].length : 1;
  return { kind, text: { en: words, zh: words }, count: Math.max(1, count) };
}
