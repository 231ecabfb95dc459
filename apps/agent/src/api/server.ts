/** The local API: Fastify on loopback for the page, and on a unix socket for the command line. */
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import cookie from '@fastify/cookie';
import fastifyStatic from '@fastify/static';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from 'fastify';
import { SessionRequest } from './contract.ts';
import { ApiFailure } from './errors.ts';
import { isLoopbackHost, Sessions, sessionCookie } from './session.ts';

/** Not imported: Node's facade of that module would load all of undici, 16 MB that nothing here uses. */
const { createServer } = process.getBuiltinModule('node:http');

/** A Fastify instance whose routes are typed by their TypeBox schemas. */
export type Api = ReturnType<typeof createApi>;

/** Bodies larger than this are refused: the API takes tokens and comments, nothing large. */
const bodyLimit = 64 * 1024;

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

function createApi() {
  // No time limit on plugins: on a host under load they start late, and late is better than not at all.
  const api = fastify({ bodyLimit, logger: false, forceCloseConnections: true, pluginTimeout: 0 });
  return api.withTypeProvider<TypeBoxTypeProvider>();
}

/** Requests that came over the unix socket: its file permissions have already let them in. */
const trusted = new WeakSet<IncomingMessage>();

/** Whether a request came over the unix socket. */
export function isOnSocket(request: FastifyRequest): boolean {
  return trusted.has(request.raw);
}

/** The page's header with the name of who uses it, URI-encoded since headers are Latin. */
const operatorHeader = 'x-redoubt-operator';

/** Who asks: by which way they came is known, the name is what they say, in the body or in the page's header. */
export function actorOf(request: FastifyRequest, operator = operatorOf(request)): string {
  const way = isOnSocket(request) ? 'socket' : 'console';
  return operator === '' ? way : `${operator} (${way})`;
}

/** The name in the page's header; empty without one. */
function operatorOf({ headers }: FastifyRequest): string {
  const given = headers[operatorHeader];
  if (typeof given !== 'string' || given.length > 900) return '';
  try {
    return decodeURIComponent(given).replaceAll(/\p{C}/gu, '').trim().slice(0, 100);
  } catch {
    return '';
  }
}

/** @throws ApiFailure `socket_only` for a request that did not come over the unix socket */
export function requireSocket(request: FastifyRequest): void {
  if (trusted.has(request.raw)) return;
  throw new ApiFailure(403, 'socket_only', {
    en: 'this is only done for requests on the socket, as the command line makes them',
    zh: '此操作仅接受通过套接字（命令行）发出的请求',
  });
}

function guard(request: FastifyRequest, sessions: Sessions): void {
  if (trusted.has(request.raw)) return;
  if (!isLoopbackHost(request.headers.host)) {
    throw new ApiFailure(403, 'wrong_host', {
      en: `this page is only served as localhost, not as "${request.headers.host ?? ''}"`,
      zh: `本页面只以 localhost 提供，不接受主机名“${request.headers.host ?? ''}”`,
    });
  }
  const { origin } = request.headers;
  if (origin !== undefined && origin !== `http://${request.headers.host}`) {
    // SameSite cookies ignore ports: a page of another local server would carry ours.
    throw new ApiFailure(403, 'wrong_origin', {
      en: `requests from pages of ${origin} are refused`,
      zh: `拒绝来自 ${origin} 页面的请求`,
    });
  }
  const open = !request.url.startsWith('/api/') || request.url === '/api/session';
  if (open) return;
  if (!sessions.allows(request.cookies[sessionCookie], request.headers.authorization)) {
    throw new ApiFailure(401, 'unauthorized', {
      en: 'not signed in: open the address with the token that was printed when the agent started',
      zh: '未登录：请打开代理启动时打印的带令牌的地址',
    });
  }
}

/** What a route's failure becomes. Only a failure that nobody foresaw is an `internal_error`. */
function answerOf(error: FastifyError | ApiFailure): { status: number; body: object } {
  if (error instanceof ApiFailure) {
    const column = error.column === undefined ? {} : { column: error.column };
    return { status: error.status, body: { error: { code: error.code, ...error.text, ...column } } };
  }
  const status = error.statusCode ?? 500;
  const code = status < 500 ? 'bad_request' : 'internal_error';
  return { status, body: { error: { code, en: error.message, zh: `请求失败：${error.message}` } } };
}

/** Where the page can be reached, and the end of it. */
export interface ServedApi {
  /** Address of the page, with the token that opens a session. */
  url: string;
  close(): Promise<void>;
}

/** An attempt to sign in at the page. */
export interface SignIn {
  readonly isGranted: boolean;
  /** Address and port that it came from. */
  readonly from: string;
}

/** Options of {@link serveApi}. */
export interface ServeOptions {
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** Path of the unix socket. */
  socket: string;
  /** Folder of the built page. */
  page: string;
  /** Told of each attempt to sign in at the page. */
  onSignIn: (attempt: SignIn) => void;
  /** Adds the routes. */
  routes: (api: Api) => void;
}

/**
 * Serves the page and the API.
 * @throws AddressTaken when the port or the socket belongs to a running process
 */
export async function serveApi(options: ServeOptions): Promise<ServedApi> {
  const sessions = new Sessions();
  const api = createApi();
  const pageAddress = (): string => {
    const address = api.server.address();
    const port = typeof address === 'object' && address !== null ? address.port : options.port;
    return `http://${options.host}:${port}/#token=${sessions.token}`;
  };
  await api.register(cookie);
  await api.register(swagger, {
    openapi: { info: { title: 'Redoubt agent', version: '1' } },
    hideUntagged: false,
  });
  api.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'content-security-policy': contentSecurityPolicy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
    guard(request, sessions);
  });
  api.setErrorHandler<FastifyError | ApiFailure>((error, _request, reply) => {
    const { status, body } = answerOf(error);
    if (status >= 500) console.error(error);
    return reply.status(status).send(body);
  });
  api.setNotFoundHandler((_request, reply) =>
    reply.status(404).send({ error: { code: 'not_found', en: 'no such page', zh: '没有此页面' } }),
  );
  api.post('/api/session', { schema: { body: SessionRequest } }, (request, reply) => {
    const session = sessions.open(request.body.token);
    options.onSignIn({
      isGranted: session !== undefined,
      from: `${request.ip}:${request.socket.remotePort}`,
    });
    if (session === undefined) {
      throw new ApiFailure(401, 'unauthorized', { en: 'the token is wrong', zh: '令牌不正确' });
    }
    return reply
      .setCookie(sessionCookie, session, { httpOnly: true, sameSite: 'strict', path: '/' })
      .status(204)
      .send();
  });
  api.get('/api/page', { schema: { hide: true } }, request => {
    if (!trusted.has(request.raw)) {
      throw new ApiFailure(403, 'socket_only', {
        en: 'the address with the token is only given out on the socket',
        zh: '带令牌的地址仅通过套接字提供',
      });
    }
    return { url: pageAddress() };
  });
  api.get('/api/openapi.json', { schema: { hide: true } }, () => api.swagger());
  options.routes(api);
  await api.register(fastifyStatic, { root: options.page, wildcard: false });

  try {
    await api.listen({ host: options.host, port: options.port });
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? portTaken(options.port) : error;
  }
  const local = await listenOnSocket(api, options.socket);
  return {
    url: pageAddress(),
    async close() {
      local.close();
      local.closeAllConnections();
      await api.close();
      rmSync(options.socket, { force: true });
    },
  };
}

/** The port or the socket is in use; says by what and what to do. */
export class AddressTaken extends Error {
  readonly text: { en: string; zh: string };

  constructor(text: { en: string; zh: string }) {
    super(text.en);
    this.text = text;
  }
}

function portTaken(port: number): AddressTaken {
  return new AddressTaken({
    en: `port ${port} is in use by another program; choose another one with --port N (0 takes any free one)`,
    zh: `端口 ${port} 已被其他程序占用；请用 --port N 另选（0 表示任选空闲端口）`,
  });
}

/**
 * Makes sure that no agent answers on the socket, and removes what a killed one left.
 * @throws AddressTaken when one does
 */
export async function claimSocket(path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const answered = await new Promise<boolean>(resolve => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', () => resolve(false));
  });
  if (answered) {
    throw new AddressTaken({
      en: `an agent is already running (it answers on ${path}); see it with: ./redoubt status`,
      zh: `已有代理在运行（${path} 有应答）；可用 ./redoubt status 查看`,
    });
  }
  rmSync(path, { force: true });
}

function listenOnSocket(api: FastifyInstance | Api, path: string): Promise<Server> {
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    trusted.add(request);
    api.routing(request, response);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // Until chmod has run, the folder's own mode keeps others out.
    server.listen(path, () => {
      chmodSync(path, 0o600);
      resolve(server);
    });
  });
}
