/** An upstream over HTTP/2 (RFC 8484). */
import { type ClientHttp2Session, connect } from 'node:http2';
import { isIP, isIPv6 } from 'node:net';
import type { Upstream, UpstreamPlace } from './upstream-place.ts';

const answerLimit = 65_535;
const idleTime = 30_000;

/** One connection, kept open while it is used. */
export class HttpsUpstream implements Upstream {
  readonly text: string;
  readonly #place: UpstreamPlace;
  readonly #authority: string | undefined;
  #session: ClientHttp2Session | undefined;

  constructor(text: string, place: UpstreamPlace, authority?: string) {
    this.text = text;
    this.#place = place;
    this.#authority = authority;
  }

  ask(query: Buffer, signal: AbortSignal): Promise<Buffer> {
    // Zero, so that caches on the way may keep the answer.
    query.writeUInt16BE(0, 0);
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    const { address, name = address, path = '/dns-query' } = this.#place;
    const stream = this.#connected().request({
      ':method': 'POST',
      ':path': path,
      ':authority': isIPv6(name) ? `[${name}]` : name,
      'content-type': 'application/dns-message',
      accept: 'application/dns-message',
      'content-length': query.length,
    });
    const give = (): void => {
      stream.close();
      reject(new Error(`${this.text} did not answer in time`));
    };
    signal.addEventListener('abort', give, { once: true });
    const parts: Buffer[] = [];
    let size = 0;
    let status = 0;
    stream.on('response', headers => {
      status = Number(headers[':status']);
    });
    stream.on('data', (part: Buffer) => {
      size += part.length;
      if (size > answerLimit) stream.close();
      else parts.push(part);
    });
    stream.on('error', reject);
    stream.on('close', () => {
      if (status === 200 && size <= answerLimit) resolve(Buffer.concat(parts));
      else reject(new Error(`${this.text} answered with HTTP status ${status}`));
    });
    stream.end(query);
    return promise.finally(() => signal.removeEventListener('abort', give));
  }

  close(): void {
    this.#session?.destroy();
  }

  #connected(): ClientHttp2Session {
    if (this.#session !== undefined && !this.#session.closed && !this.#session.destroyed)
      return this.#session;
    const { address, port, name = address } = this.#place;
    const session = connect(`https://${isIPv6(address) ? `[${address}]` : address}:${port}`, {
      ...(isIP(name) === 0 && { servername: name }),
      ...(this.#authority !== undefined && { ca: this.#authority }),
    });
    session.on('error', () => session.destroy());
    session.setTimeout(idleTime, () => session.close());
    this.#session = session;
    return session;
  }
}
