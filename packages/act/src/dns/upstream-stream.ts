/** An upstream over one stream, kept open, with many queries under way at a time (RFC 7766, RFC 7858). */
import { isIP, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { Frames, framed } from './frames.ts';
import type { Upstream, UpstreamPlace } from './upstream-place.ts';

interface Waiting {
  readonly query: Buffer;
  readonly resolve: (answer: Buffer) => void;
  readonly reject: (error: Error) => void;
}

const idleTime = 10_000;
const mostWaiting = 1000;

/** Over TLS, or over whatever stream `open` makes. */
export class StreamUpstream implements Upstream {
  readonly text: string;
  readonly #open: () => Socket;
  readonly #waiting = new Map<number, Waiting>();
  #socket: Socket | undefined;
  #nextId = 0;

  constructor(text: string, place: UpstreamPlace, authority?: string, open?: () => Socket) {
    this.text = text;
    const { address: host, port, name = host } = place;
    const servername = isIP(name) === 0 ? { servername: name } : {};
    this.#open =
      open ??
      (() =>
        tlsConnect({
          host,
          port,
          ALPNProtocols: ['dot'],
          ...servername,
          ...(authority !== undefined && { ca: authority }),
        }));
  }

  ask(query: Buffer, signal: AbortSignal): Promise<Buffer> {
    if (this.#waiting.size >= mostWaiting)
      return Promise.reject(new Error(`${this.text} has too many queries waiting`));
    do this.#nextId = (this.#nextId + 1) & 0xffff;
    while (this.#waiting.has(this.#nextId));
    const id = this.#nextId;
    query.writeUInt16BE(id, 0);
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    this.#waiting.set(id, { query, resolve, reject });
    const give = (): void => reject(new Error(`${this.text} did not answer in time`));
    signal.addEventListener('abort', give, { once: true });
    this.#connected().write(framed(query));
    return promise.finally(() => {
      signal.removeEventListener('abort', give);
      this.#waiting.delete(id);
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #connected(): Socket {
    if (this.#socket !== undefined) return this.#socket;
    const socket = this.#open();
    this.#socket = socket;
    const frames = new Frames();
    socket.setTimeout(idleTime, () => socket.destroy());
    socket.on('data', (bytes: Buffer) => {
      for (const answer of frames.add(bytes)) this.#take(answer);
    });
    const end = (error?: Error): void => {
      if (this.#socket === socket) this.#socket = undefined;
      socket.destroy();
      for (const { reject } of this.#waiting.values())
        reject(error ?? new Error(`${this.text} closed the connection`));
      this.#waiting.clear();
    };
    socket.on('error', end);
    socket.on('close', () => {
      if (this.#socket === socket) end();
    });
    return socket;
  }

  #take(answer: Buffer): void {
    if (answer.length >= 12) this.#waiting.get(answer.readUInt16BE(0))?.resolve(answer);
  }
}
