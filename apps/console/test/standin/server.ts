/**
 * A stand-in for the agent, for the console's tests and for looking at the page: the same API, the same
 * headers, recorded data. It judges nothing and watches nothing.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import type { Event, ProtectionsAnswer, StepBody, StreamMessages } from '@redoubt/agent/page';
import { viewOf } from '@redoubt/model';
import { compileWhere, WhereError } from '@redoubt/store';
import type { Case } from './case.ts';
import { eventAt } from './events.ts';
import { recordedCases } from './findings.ts';
import { recordedIncidents } from './incidents.ts';
import { StandInLadder } from './ladder.ts';
import { networkAnswer } from './network.ts';
import { postureAnswer } from './posture.ts';
import { runningProcesses } from './processes.ts';
import { isOpen, summaryAt } from './summary.ts';

/** The policy that the page must hold under. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const cookie = 'redoubt_session=stand-in';

class HttpError extends Error {
  readonly status: number;
  readonly body: { code: string; en: string; zh: string; column?: number };
  constructor(status: number, body: HttpError['body']) {
    super(body.en);
    this.status = status;
    this.body = body;
  }
}

interface Client {
  response: ServerResponse;
  topics: string[];
  matches: (event: Event) => boolean;
}

/** How the stand-in behaves. */
export interface Options {
  token: string;
  port?: number;
  mode?: 'kernel' | 'reduced';
  /** Folder of the built page; the console's own by default. */
  dist?: string;
  /** Findings that there are from the start; the recorded ones by default. */
  cases?: Case[];
}

/** A running stand-in. */
export interface StandIn {
  url: string;
  /** Lets a finding arrive. */
  arrive: (added: Case) => void;
  /** Lets the next event happen. */
  happen: () => void;
  /** Tells clients that events were not sent. */
  skip: (count: number) => void;
  /** Lets a second pass: clients get the next summary. */
  tick: () => void;
  /** Forgets every session, as a restart of the agent does. */
  forget: () => void;
  close: () => Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text) as Record<string, unknown>;
}

function matcherOf(query: URLSearchParams): (event: Event) => boolean {
  const kinds = query.get('kinds')?.split(',');
  const text = query.get('where') ?? '';
  const hasKind = (event: Event): boolean => kinds?.includes(event.metadata.event_code) ?? true;
  if (text === '') return hasKind;
  try {
    const where = compileWhere(text);
    return event => hasKind(event) && where.filter(viewOf(event));
  } catch (thrown) {
    if (!(thrown instanceof WhereError)) throw thrown;
    throw new HttpError(400, { code: 'bad_where', ...thrown.text, column: thrown.column });
  }
}

/** Starts a stand-in on loopback. */
export async function startStandIn(options: Options): Promise<StandIn> {
  const cases = [...(options.cases ?? recordedCases())];
  const dist = options.dist ?? join(import.meta.dirname, '../../dist');
  const incidents = recordedIncidents();
  const ladder = new StandInLadder(postureAnswer('protections', undefined) as ProtectionsAnswer);
  const clients = new Set<Client>();
  const events: Event[] = [];
  let signedIn = false;
  let ticks = 130;
  const first = Date.now();
  for (let sequence = 1; sequence <= 160; sequence += 1)
    events.push(eventAt(sequence, first - (160 - sequence) * 830));

  const findings = () => cases.map(one => one.finding);
  const summary = () => summaryAt(ticks, findings(), options.mode ?? 'kernel');
  const caseOf = (uid: string): Case => {
    const found = cases.find(one => one.finding.finding_info.uid === uid);
    if (!found)
      throw new HttpError(404, {
        code: 'not_found',
        en: `There is no finding ${uid}.`,
        zh: `没有编号为 ${uid} 的告警。`,
      });
    return found;
  };
  const send = <Name extends keyof StreamMessages>(
    client: Client,
    name: Name,
    data: StreamMessages[Name],
  ): void => {
    client.response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const publish = <Name extends keyof StreamMessages>(
    topic: string,
    name: Name,
    data: StreamMessages[Name],
  ): void => {
    for (const client of clients) if (client.topics.includes(topic)) send(client, name, data);
  };

  function listFindings(query: URLSearchParams): unknown {
    const has = (name: string, id: number): boolean =>
      query.get(name)?.split(',').includes(String(id)) ?? true;
    const words = (query.get('q') ?? '').toLowerCase();
    const items = findings()
      .filter(one => has('severity', one.severity_id) && has('status', one.status_id))
      .filter(one => JSON.stringify(one).toLowerCase().includes(words))
      .sort((left, right) => right.finding_info.last_seen_time - left.finding_info.last_seen_time);
    return { items: items.slice(0, Number(query.get('limit') ?? 50)) };
  }

  async function answerIncidents(
    request: IncomingMessage,
    query: URLSearchParams,
    uid?: string,
    part?: string,
  ): Promise<unknown> {
    const wanted = query.get('status')?.split(',');
    if (uid === undefined)
      return { items: incidents.filter(one => wanted?.includes(String(one.status_id)) ?? true) };
    const incident = incidents.find(one => one.metadata.uid === uid);
    if (!incident)
      throw new HttpError(404, { code: 'not_found', en: 'No such incident.', zh: '没有此安全事件。' });
    if (request.method !== 'POST') return incident;
    const body = await bodyOf(request);
    if (part === 'status') incident.status_id = Number(body['status_id']);
    if (part === 'owner') incident.assignee = { name: String(body['owner']) };
    if (part === 'comment')
      incident.redoubt.comments.push({ time: Date.now(), author: 'operator', text: String(body['text']) });
    publish('incidents', 'incident', incident);
    return incident;
  }

  function listEvents(query: URLSearchParams): unknown {
    const before = Number(query.get('before_sequence') ?? Number.POSITIVE_INFINITY);
    const limit = Number(query.get('limit') ?? 100);
    const matches = matcherOf(query);
    const items = events.filter(event => (event.metadata.sequence ?? 0) < before && matches(event)).reverse();
    const page = items.slice(0, limit);
    return items.length > limit ? { items: page, next: page.at(-1)?.metadata.sequence } : { items: page };
  }

  function stream(query: URLSearchParams, response: ServerResponse): void {
    const client = { response, topics: (query.get('topics') ?? '').split(','), matches: matcherOf(query) };
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    clients.add(client);
    response.on('close', () => clients.delete(client));
    send(client, 'summary', summary());
  }

  async function answer(request: IncomingMessage, url: URL): Promise<unknown> {
    const [, , name, uid, part] = url.pathname.split('/').map(decodeURIComponent);
    if (name === 'summary') return summary();
    if (name === 'processes') return { items: runningProcesses() };
    if (name === 'events') return listEvents(url.searchParams);
    if (name === 'incidents') return answerIncidents(request, url.searchParams, uid, part);
    if (name === 'protections' && request.method === 'POST') {
      const body = (await bodyOf(request)) as StepBody;
      return ladder.change(uid ?? '', part ?? '', body);
    }
    if (name === 'protections') return ladder.answer;
    const posture = postureAnswer(name ?? '', uid) ?? networkAnswer(name ?? '', uid);
    if (posture !== undefined) return posture;
    if (name !== 'findings')
      throw new HttpError(404, { code: 'not_found', en: 'No such address.', zh: '没有这个地址。' });
    if (uid === undefined) return listFindings(url.searchParams);
    if (part === 'tree') return caseOf(uid).tree;
    const found = caseOf(uid);
    if (part === 'status' && request.method === 'POST') {
      found.finding = { ...found.finding, status_id: Number((await bodyOf(request))['status_id']) };
      publish('findings', 'finding', found.finding);
      publish('summary', 'summary', summary());
    }
    return found.finding;
  }

  async function serveApi(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const refused = new HttpError(401, { code: 'unauthorized', en: 'Sign in first.', zh: '请先登录。' });
    if (url.pathname === '/api/session') {
      if ((await bodyOf(request))['token'] !== options.token) throw refused;
      signedIn = true;
      response.writeHead(204, { 'set-cookie': `${cookie}; HttpOnly; SameSite=Strict; Path=/` }).end();
      return;
    }
    if (!signedIn || request.headers.cookie !== cookie) throw refused;
    if (url.pathname === '/api/stream') {
      stream(url.searchParams, response);
      return;
    }
    const [, previewed] = /^\/api\/protections\/([^/]+)\/preview$/.exec(url.pathname) ?? [];
    if (previewed !== undefined) {
      ladder.preview(previewed, ((await bodyOf(request)) as StepBody).rung, response);
      return;
    }
    const data = JSON.stringify(await answer(request, url));
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(data);
  }

  async function serveFile(response: ServerResponse, path: string): Promise<void> {
    const file = normalize(path === '/' ? '/index.html' : path);
    const data = await readFile(join(dist, file)).catch(() => undefined);
    response.writeHead(data ? 200 : 404, {
      'content-type': types[extname(file)] ?? 'application/octet-stream',
      'content-security-policy': contentSecurityPolicy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    response.end(data);
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const served = url.pathname.startsWith('/api/')
      ? serveApi(request, response, url)
      : serveFile(response, url.pathname);
    served.catch((thrown: unknown) => {
      const error =
        thrown instanceof HttpError
          ? thrown
          : new HttpError(500, { code: 'broken', en: String(thrown), zh: String(thrown) });
      response
        .writeHead(error.status, { 'content-type': 'application/json' })
        .end(JSON.stringify({ error: error.body }));
    });
  });
  await new Promise<void>(resolve => server.listen(options.port ?? 0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrive: added => {
      cases.push(added);
      publish('findings', 'finding', added.finding);
      if (isOpen(added.finding)) publish('summary', 'summary', summary());
    },
    happen: () => {
      const event = eventAt(events.length + 1, Date.now());
      events.push(event);
      for (const client of clients) {
        if (client.topics.includes('events') && client.matches(event)) send(client, 'event', event);
      }
    },
    skip: count => publish('events', 'skipped', { count }),
    tick: () => {
      ticks += 1;
      publish('summary', 'summary', summary());
    },
    forget: () => {
      signedIn = false;
      for (const client of clients) client.response.end();
    },
    close: async () => {
      for (const client of clients) client.response.destroy();
      server.closeAllConnections();
      if (server.listening) await new Promise(resolve => server.close(resolve));
    },
  };
}
