/** Asking an upstream resolver: plainly, over TLS (RFC 7858) or over HTTPS (RFC 8484). */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIPv6, connect as tcpConnect } from 'node:net';
import { HttpsUpstream } from './upstream-https.ts';
import { answersQuestion, questionLength, type Upstream, type UpstreamPlace } from './upstream-place.ts';
import { StreamUpstream } from './upstream-stream.ts';

/** @param authority certificates to trust instead of the system's, PEM; for upstreams with a private authority */
export function openUpstream(text: string, place: UpstreamPlace, authority?: string): Upstream {
  if (place.transport === 'https') return new HttpsUpstream(text, place, authority);
  if (place.transport === 'tls') return new StreamUpstream(text, place, authority);
  return new PlainUpstream(text, place);
}

/** Over UDP with a new port for each query, then over TCP when the answer was cut. */
class PlainUpstream implements Upstream {
  readonly text: string;
  readonly #place: UpstreamPlace;

  constructor(text: string, place: UpstreamPlace) {
    this.text = text;
    this.#place = place;
  }

  async ask(query: Buffer, signal: AbortSignal): Promise<Buffer> {
    const answer = await this.#datagram(query, signal);
    const isCut = ((answer[2] as number) & 2) !== 0;
    return isCut ? this.#stream(query, signal) : answer;
  }

  close(): void {
    // Nothing outlives a query.
  }

  #datagram(query: Buffer, signal: AbortSignal): Promise<Buffer> {
    const { address, port } = this.#place;
    const question = questionLength(query);
    query.writeUInt16BE(randomInt(0x10000), 0);
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    // The system gives a random port; connected, it lets in what comes from the upstream alone.
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    const give = (): void => reject(new Error(`${this.text} did not answer in time`));
    signal.addEventListener('abort', give, { once: true });
    socket.on('error', reject);
    socket.on('message', message => {
      const belongs = answersQuestion(message, query, question);
      if (belongs === 'no') return;
      // It changed the spelling: whether it is the upstream that speaks is then asked over TCP.
      if (belongs === 'spelling') message[2] = (message[2] as number) | 2;
      resolve(message);
    });
    socket.connect(port, address, () => {
      if (!signal.aborted) socket.send(query);
    });
    return promise.finally(() => {
      signal.removeEventListener('abort', give);
      socket.close();
    });
  }

  #stream(query: Buffer, signal: AbortSignal): Promise<Buffer> {
    const { address, port } = this.#place;
    const once = new StreamUpstream(this.text, this.#place, undefined, () =>
      tcpConnect({ host: address, port }),
    );
    return once.ask(query, signal).finally(() => once.close());
  }
}

export { parseUpstream, type Upstream, type UpstreamPlace } from './upstream-place.ts';
