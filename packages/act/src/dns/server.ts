/** The sockets of a resolver: UDP and TCP on one address. */
import { createSocket, type Socket as DatagramSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { type BlockList, createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { RateLimit } from './access.ts';
import { Frames, framed } from './frames.ts';
import type { Resolver } from './resolver.ts';

/** Where a server listens and whom it answers. */
export interface ServerOptions {
  readonly address: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly allowed: BlockList;
  readonly rate: RateLimit;
}

const connectionLimit = 128;
const connectionIdle = 10_000;
/** Answers under way on one connection; more are not read before these are done. */
const perConnection = 64;
const receiveBuffer = 1 << 20;

/** Made by {@link DnsServer.listen}. */
export class DnsServer {
  readonly #datagrams: DatagramSocket;
  readonly #streams: Server;
  readonly #connections = new Set<Socket>();
  readonly #options: ServerOptions;
  resolver: Resolver;

  private constructor(resolver: Resolver, options: ServerOptions) {
    this.resolver = resolver;
    this.#options = options;
    this.#datagrams = createSocket({
      type: isIPv6(options.address) ? 'udp6' : 'udp4',
      recvBufferSize: receiveBuffer,
    });
    this.#streams = createServer(socket => this.#connected(socket));
  }

  /** Listens. @throws the system's error (EADDRINUSE, EACCES …) */
  static async listen(resolver: Resolver, options: ServerOptions): Promise<DnsServer> {
    const server = new DnsServer(resolver, options);
    const { address } = options;
    try {
      server.#datagrams.bind(options.port, address);
      await once(server.#datagrams, 'listening');
      server.#streams.listen(server.port, address, 256);
      await once(server.#streams, 'listening');
    } catch (error) {
      server.close();
      throw error;
    }
    server.#datagrams.on('message', (message, from) => server.#heard(message, from));
    server.#datagrams.on('error', () => undefined);
    server.#streams.on('error', () => undefined);
    return server;
  }

  get port(): number {
    return this.#datagrams.address().port;
  }

  close(): void {
    try {
      this.#datagrams.close();
    } catch {
      // It never listened.
    }
    this.#streams.close();
    for (const socket of this.#connections) socket.destroy();
  }

  /** @returns whether to answer, `refuse`, or nothing at all when there is too much of it */
  #admits(address: string): 'answer' | 'refuse' | 'nothing' {
    const bare = address.startsWith('::ffff:') ? address.slice(7) : address.replace(/%.*$/, '');
    if (!this.#options.rate.allows(bare, performance.now())) return 'nothing';
    return this.#options.allowed.check(bare, isIPv6(bare) ? 'ipv6' : 'ipv4') ? 'answer' : 'refuse';
  }

  #heard(message: Buffer, { address, port }: RemoteInfo): void {
    const admitted = this.#admits(address);
    if (admitted === 'nothing') return;
    const answer =
      admitted === 'refuse' ? this.resolver.refusal(message) : this.resolver.answer(message, false);
    const send = (bytes: Buffer | undefined): void => {
      if (bytes !== undefined) this.#datagrams.send(bytes, port, address, () => undefined);
    };
    if (answer instanceof Promise) answer.then(send, () => undefined);
    else send(answer);
  }

  #connected(socket: Socket): void {
    const admitted = this.#admits(socket.remoteAddress ?? '::');
    if (this.#connections.size >= connectionLimit || admitted === 'nothing') {
      socket.destroy();
      return;
    }
    this.#connections.add(socket);
    const frames = new Frames();
    let underWay = 0;
    socket.setNoDelay(true);
    socket.setTimeout(connectionIdle, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#connections.delete(socket));
    socket.on('data', (bytes: Buffer) => {
      for (const message of frames.add(bytes)) {
        if (++underWay >= perConnection) socket.pause();
        void this.#answerOn(socket, message, admitted === 'refuse').finally(() => {
          if (--underWay < perConnection) socket.resume();
        });
      }
    });
  }

  async #answerOn(socket: Socket, message: Buffer, isStranger: boolean): Promise<void> {
    try {
      const address = socket.remoteAddress ?? '::';
      if (this.#admits(address) === 'nothing') {
        socket.destroy();
        return;
      }
      const answer = await (isStranger
        ? this.resolver.refusal(message)
        : this.resolver.answer(message, true));
      if (answer === undefined) socket.destroy();
      else if (!socket.destroyed) socket.write(framed(answer));
    } catch {
      socket.destroy();
    }
  }
}
