/** Asking the agent: HTTP over its unix socket, answers as apps/agent/src/api/contract.ts describes them. */
import { existsSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { Bilingual } from '@redoubt/model';
import type { Invocation } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { candidateSockets, isTrusted } from './socket.ts';

/** Not imported: Node's facade of that module would load all of undici, which takes longer than most commands. */
const { request } = process.getBuiltinModule('node:http');

/** Answers larger than this (bytes) are refused: the agent never sends so much. */
const answerLimit = 256 * 1024 * 1024;

export type Query = Readonly<Record<string, string | number | undefined>>;

/** That no agent answers; tells how to start one. */
export function noAgent(paths: readonly string[]): CommandError {
  return new CommandError(ExitCode.unavailable, {
    en: `No agent is running here (looked at ${paths.join(', ')}). Start one with: ./redoubt up`,
    zh: `这里没有正在运行的代理（查找了 ${paths.join('、')}）。请先启动：./redoubt up`,
  });
}

function withQuery(path: string, query: Query): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return pairs.length > 0 ? `${path}?${new URLSearchParams(pairs)}` : path;
}

async function readAll(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > answerLimit) throw new Error(`the agent's answer is longer than ${answerLimit} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** What the agent says about a request that it refused. */
function refusal(status: number, body: string): CommandError {
  const words = errorWords(body) ?? {
    en: `the agent answered with HTTP status ${status}`,
    zh: `代理返回 HTTP 状态 ${status}`,
  };
  return new CommandError(status < 500 ? ExitCode.usage : ExitCode.internal, words);
}

function errorWords(body: string): Bilingual | undefined {
  try {
    const { error } = JSON.parse(body) as { error?: { en?: unknown; zh?: unknown; column?: unknown } };
    if (typeof error?.en !== 'string' || typeof error.zh !== 'string') return undefined;
    if (typeof error.column !== 'number') return { en: error.en, zh: error.zh };
    return { en: `${error.en} (column ${error.column})`, zh: `${error.zh}（第 ${error.column} 列）` };
  } catch {
    return undefined;
  }
}

/** A running agent. */
export class AgentClient {
  readonly socket: string;

  constructor(socket: string) {
    this.socket = socket;
  }

  /** `GET path`. Throws a CommandError with the agent's words when it refuses, or when it is gone. */
  async get<T>(path: string, query: Query = {}): Promise<T> {
    return JSON.parse(await readAll(await this.open('GET', withQuery(path, query)))) as T;
  }

  /** `POST path` with a JSON body. Errors as `get`. */
  async post<T>(path: string, body: unknown): Promise<T> {
    return JSON.parse(await readAll(await this.open('POST', path, JSON.stringify(body)))) as T;
  }

  /** `DELETE path`. Errors as `get`. */
  async delete<T>(path: string): Promise<T> {
    return JSON.parse(await readAll(await this.open('DELETE', path))) as T;
  }

  /** A streamed answer to `GET path`, once its status is known to be good. */
  async stream(path: string, query: Query, signal: AbortSignal): Promise<IncomingMessage> {
    return this.open('GET', withQuery(path, query), undefined, signal);
  }

  /**
   * `POST path`, answered with JSON lines, each given when it comes. Errors as `get`; when the agent goes in the
   * middle of its answer, the lines simply end.
   */
  async *postLines<T>(path: string, body: unknown): AsyncGenerator<T> {
    const answer = await this.open('POST', path, JSON.stringify(body));
    let rest = '';
    try {
      for await (const part of answer.setEncoding('utf8') as AsyncIterable<string>) {
        const lines = (rest + part).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) yield JSON.parse(line) as T;
        if (rest.length > answerLimit) throw new Error(`a line of the agent is longer than ${answerLimit}`);
      }
    } catch (error) {
      if (!answer.complete && (error as NodeJS.ErrnoException).code === 'ECONNRESET') return;
      throw error;
    }
  }

  private async open(
    method: string,
    path: string,
    body?: string,
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const headers: Record<string, string> = {
      host: 'localhost',
      accept: 'application/json, text/event-stream',
    };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const asked = request(
      { socketPath: this.socket, method, path, headers, ...(signal && { signal }) },
      resolve,
    );
    asked.once('error', (error: NodeJS.ErrnoException) => {
      const gone = error.code === 'ECONNREFUSED' || error.code === 'ENOENT';
      reject(gone ? noAgent([this.socket]) : accessError(this.socket, error));
    });
    asked.end(body);
    const answer = await promise;
    const status = answer.statusCode ?? 0;
    if (status < 200 || status > 299) throw refusal(status, await readAll(answer));
    return answer;
  }
}

function accessError(socket: string, error: NodeJS.ErrnoException): Error {
  if (error.code !== 'EACCES' && error.code !== 'EPERM') return error;
  return new CommandError(
    ExitCode.unavailable,
    {
      en: `This user may not talk to the agent at ${socket}; run the command as root`,
      zh: `当前用户无权访问 ${socket} 上的代理；请以 root 身份运行该命令`,
    },
    { cause: error },
  );
}

/** The agent that an invocation means, or undefined when none has a socket. Throws if it is another user's. */
export function findAgent(invocation: Invocation): AgentClient | undefined {
  const path = candidateSockets(invocation).find(one => existsSync(one));
  if (path === undefined) return undefined;
  if (!isTrusted(path, process.geteuid?.() ?? 0)) {
    throw new CommandError(ExitCode.unavailable, {
      en: `${path} belongs to another user; it is not asked`,
      zh: `${path} 属于其他用户，不予访问`,
    });
  }
  return new AgentClient(path);
}

/** The agent that an invocation means. Throws a CommandError when there is none. */
export function requireAgent(invocation: Invocation): AgentClient {
  const agent = findAgent(invocation);
  if (agent) return agent;
  throw noAgent(candidateSockets(invocation));
}
