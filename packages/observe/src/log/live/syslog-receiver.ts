/** Receives syslog over UDP (RFC 5426), TCP (RFC 6587) and TLS (RFC 5425). */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { SyslogReader, syslogRecord } from '../format/syslog.ts';
import { type ReadLogOptions, readContext } from '../read.ts';
import type { LogRecord } from '../record.ts';
import { ClockSkew } from './clock-skew.ts';
import { SyslogFraming } from './syslog-framing.ts';

/** How to receive. */
export interface SyslogReceiverOptions {
  readonly host: string;
  /** Ports; 0 takes a free one. A transport without a port is not served. */
  readonly udpPort?: number;
  readonly tcpPort?: number;
  readonly tls?: TlsOptions & { readonly port: number };
  readonly timezone?: ReadLogOptions['timezone'];
  /** Most connections at once, in all and of one peer; 1,000 and 20 when left out. */
  readonly connections?: number;
  readonly connectionsPerPeer?: number;
  /** Most messages a second of one peer; those beyond are counted and dropped. 10,000 when left out. */
  readonly messagesPerSecond?: number;
  /** Longest message, bytes; 64 KiB when left out. */
  readonly messageBytes?: number;
  /** Idle time after which a connection is closed, milliseconds; 600,000 when left out. */
  readonly idleMilliseconds?: number;
  /**
   * Takes a record. While a promise that it gives is pending, nothing more is read from that connection; UDP
   * cannot be held back, so what comes while 10,000 records are pending is counted and dropped.
   */
  readonly onRecord: (record: LogRecord, peer: string) => void | Promise<void>;
}

/** What has come and what was not taken. */
export interface ReceiverCounters {
  received: number;
  /** Not a syslog message, or over a limit. */
  malformed: number;
  droppedByRate: number;
  droppedByPressure: number;
  refusedConnections: number;
}

const pendingLimit = 10_000;
const peersKept = 10_000;

/** A running receiver. */
export class SyslogReceiver {
  readonly counters: ReceiverCounters = {
    received: 0,
    malformed: 0,
    droppedByRate: 0,
    droppedByPressure: 0,
    refusedConnections: 0,
  };
  /** The measured clock of each peer. */
  readonly clocks = new ClockSkew();
  /** Ports that were taken, by transport. */
  readonly ports: { udp?: number; tcp?: number; tls?: number } = {};
  readonly #options: SyslogReceiverOptions;
  readonly #sockets = new Set<Socket>();
  readonly #peers = new Map<
    string,
    { second: number; count: number; connections: number; reader: SyslogReader }
  >();
  readonly #servers: Server[] = [];
  #udp: UdpSocket | undefined;
  #pending = 0;

  private constructor(options: SyslogReceiverOptions) {
    this.#options = options;
  }

  /** Starts to receive. @throws Error when a port cannot be taken; nothing is left open then */
  static async start(options: SyslogReceiverOptions): Promise<SyslogReceiver> {
    const receiver = new SyslogReceiver(options);
    try {
      if (options.udpPort !== undefined) receiver.ports.udp = await receiver.#openUdp(options.udpPort);
      if (options.tcpPort !== undefined) {
        receiver.ports.tcp = await receiver.#listen(createServer(), 'connection', options.tcpPort);
      }
      if (options.tls !== undefined) {
        receiver.ports.tls = await receiver.#listen(
          createTlsServer(options.tls),
          'secureConnection',
          options.tls.port,
        );
      }
      return receiver;
    } catch (error) {
      await receiver.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const closed = this.#servers.map(server => new Promise<void>(done => server.close(() => done())));
    const udp = this.#udp;
    if (udp !== undefined) closed.push(new Promise<void>(done => udp.close(() => done())));
    this.#udp = undefined;
    await Promise.all(closed);
  }

  #openUdp(port: number): Promise<number> {
    const socket = createSocket(this.#options.host.includes(':') ? 'udp6' : 'udp4');
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, this.#options.host, () => {
        this.#udp = socket;
        socket.off('error', reject);
        socket.on('error', () => {
          this.counters.malformed += 1;
        });
        socket.on('message', (bytes, { address }) => {
          if (this.#pending >= pendingLimit) this.counters.droppedByPressure += 1;
          else void this.#message(bytes.toString('utf8').replace(/[\r\n\0]+$/, ''), address);
        });
        resolve(socket.address().port);
      });
    });
  }

  #listen(server: Server, event: 'connection' | 'secureConnection', port: number): Promise<number> {
    server.on(event, (socket: Socket) => this.#accept(socket));
    server.on('tlsClientError', () => {
      this.counters.refusedConnections += 1;
    });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, this.#options.host, () => {
        server.off('error', reject);
        this.#servers.push(server);
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  }

  #accept(socket: Socket): void {
    const address = (socket.remoteAddress ?? 'unknown').replace(/^::ffff:/, '');
    const peer = this.#peer(address);
    const full = this.#sockets.size >= (this.#options.connections ?? 1000);
    if (full || peer.connections >= (this.#options.connectionsPerPeer ?? 20)) {
      this.counters.refusedConnections += 1;
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    peer.connections += 1;
    const framing = new SyslogFraming(this.#options.messageBytes ?? 65_536);
    const waits: Promise<void>[] = [];
    const sink = {
      message: (text: string): void => {
        waits.push(this.#message(text, address));
      },
      damage: (): void => {
        this.counters.malformed += 1;
      },
    };
    socket.setTimeout(this.#options.idleMilliseconds ?? 600_000, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      framing.push(chunk, sink);
      const batch = waits.splice(0);
      if (batch.length === 0) return;
      socket.pause();
      void Promise.all(batch).then(() => socket.resume());
    });
    socket.on('end', () => framing.end(sink));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#sockets.delete(socket);
      peer.connections -= 1;
    });
  }

  #peer(address: string): { second: number; count: number; connections: number; reader: SyslogReader } {
    let peer = this.#peers.get(address);
    if (peer === undefined) {
      if (this.#peers.size >= peersKept) this.#forgetPeer();
      const { timezone } = this.#options;
      const context = readContext({
        name: `syslog from ${address}`,
        ...(timezone !== undefined && { timezone }),
      });
      peer = { second: 0, count: 0, connections: 0, reader: new SyslogReader(context) };
      this.#peers.set(address, peer);
    }
    return peer;
  }

  #forgetPeer(): void {
    for (const [address, peer] of this.#peers) {
      if (peer.connections > 0) continue;
      this.#peers.delete(address);
      return;
    }
  }

  async #message(text: string, address: string): Promise<void> {
    const peer = this.#peer(address);
    const now = Date.now();
    const second = Math.floor(now / 1000);
    if (peer.second !== second) {
      peer.second = second;
      peer.count = 0;
    }
    peer.count += 1;
    if (peer.count > (this.#options.messagesPerSecond ?? 10_000)) {
      this.counters.droppedByRate += 1;
      return;
    }
    if (text.length > (this.#options.messageBytes ?? 65_536)) {
      this.counters.malformed += 1;
      return;
    }
    this.counters.received += 1;
    const message = peer.reader.parse(text);
    if (typeof message === 'string') {
      this.counters.malformed += 1;
      return;
    }
    message.fields['peer'] = address;
    const place = { offset: 0, line: this.counters.received };
    const record = syslogRecord(message, `syslog from ${address}`, place);
    this.clocks.observe(address, record, now);
    this.#pending += 1;
    try {
      await this.#options.onRecord(record, address);
    } catch {
      this.counters.droppedByPressure += 1;
    } finally {
      this.#pending -= 1;
    }
  }
}
