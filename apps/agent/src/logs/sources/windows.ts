/** A receiver of Windows events as JSON over HTTP, on a port of its own. */
import { readFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { WindowsSourceConfig } from '../config/types.ts';
import { logEntry } from '../entry.ts';
import { PeerClocks } from '../peer-clocks.ts';
import type { ClockOfSource, LogSource, SourceContext } from '../source.ts';
import { aborted, tlsOptions } from './syslog.ts';

/** Shortest token that is taken: 128 random bits in hexadecimal have 32 characters. */
const tokenLength = 16;
const connections = 100;
/** Events are up to a few KiB; a sender splits what is more. */
const bodyBytes = 16 << 20;

/** A source of Windows events. */
export class WindowsSource implements LogSource {
  readonly config: WindowsSourceConfig;
  #port: number | undefined;
  readonly #clocks = new PeerClocks();

  constructor(config: WindowsSourceConfig) {
    this.config = config;
  }

  async run({ signal, counters, intake, running }: SourceContext): Promise<void> {
    const { name, address, port, tls, tokenFile } = this.config;
    const token = readToken(tokenFile);
    const log = await import('@redoubt/observe/log');
    const clocks = new log.ClockSkew();
    this.#clocks.measuredBy(clocks);
    const handle = log.windowsEventHandler({
      token,
      bodyBytes,
      clocks,
      // The answer of success comes only when the events are on disk: a sender that gets none sends again.
      onRecords: async (records, peer) => {
        const entries = records.map(record => logEntry(record, name, undefined));
        for (const { record } of entries) {
          const computer = record.fields['Computer'];
          this.#clocks.seen(typeof computer === 'string' ? computer : peer);
        }
        intake.take(name, entries, counters);
        await intake.room(signal);
        await intake.flush();
      },
    });
    const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const { method = '', headers, socket } = request;
      const peer = (socket.remoteAddress ?? 'unknown').replace(/^::ffff:/, '');
      try {
        const { status, headers: words, body } = await handle({ method, headers, body: request, peer });
        const { refused = 0 } = JSON.parse(body) as { refused?: number };
        if (refused > 0 || status === 400 || status === 413) {
          counters.damage({ name: peer, line: 0, reason: `answered ${status}: ${body}` });
          counters.damaged += Math.max(refused - 1, 0);
        } else if (status === 401) counters.lastDamage = `${peer}: the token is missing or wrong`;
        response.writeHead(status, words).end(body);
      } catch {
        // The sender went away in the middle.
        response.destroy();
      }
    };
    const listener = (request: IncomingMessage, response: ServerResponse) => void serve(request, response);
    // Not imported: Node's facade of that module would load all of undici.
    const { createServer } = process.getBuiltinModule('node:http');
    const server = tls === undefined ? createServer(listener) : createTlsServer(tlsOptions(tls), listener);
    server.maxConnections = connections;
    server.requestTimeout = 60_000;
    server.headersTimeout = 10_000;
    this.#port = await listen(server, port, address);
    running();
    try {
      await aborted(signal);
    } finally {
      const closed = new Promise<void>(resolve => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      this.#port = undefined;
    }
  }

  places(): string[] {
    const { address, port, tls } = this.config;
    const host = address.includes(':') ? `[${address}]` : address;
    return [`${tls === undefined ? 'http' : 'https'}://${host}:${this.#port ?? port}`];
  }

  clocks(): ClockOfSource[] {
    return this.#clocks.list();
  }
}

/** @throws Error when there is no token of good length */
function readToken(path: string): string {
  const token = readFileSync(path, 'utf8').split('\n')[0]?.trim() ?? '';
  if (token.length >= tokenLength && /^\S+$/.test(token)) return token;
  throw new Error(`${path} has no token of at least ${tokenLength} characters in its first line`);
}

function listen(server: Server, port: number, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
