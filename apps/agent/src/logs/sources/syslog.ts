/** A syslog listener. */
import { readFileSync } from 'node:fs';
import type { SyslogReceiver } from '@redoubt/observe/log';
import type { SyslogSourceConfig, TlsConfig } from '../config/types.ts';
import { logEntry } from '../entry.ts';
import { RecordGatherer } from '../gatherer.ts';
import { PeerClocks } from '../peer-clocks.ts';
import type { ClockOfSource, LogSource, SourceContext } from '../source.ts';

/** How often the receiver's own counters are taken over, milliseconds. */
const countInterval = 1_000;

/** A syslog source. Senders cannot be asked again, so what is not yet on disk when the agent is killed is lost. */
export class SyslogSource implements LogSource {
  readonly config: SyslogSourceConfig;
  #receiver: SyslogReceiver | undefined;
  readonly #clocks = new PeerClocks();

  constructor(config: SyslogSourceConfig) {
    this.config = config;
  }

  async run({ signal, counters, intake, running }: SourceContext): Promise<void> {
    const { name, address, udp, tcp, tlsPort, tls, timezone } = this.config;
    const log = await import('@redoubt/observe/log');
    const gatherer = new RecordGatherer(async records => {
      const entries = records.map(record => logEntry(record, name, undefined));
      intake.take(name, entries, counters);
      await intake.room(signal);
    });
    const receiver = await log.SyslogReceiver.start({
      host: address,
      ...(udp !== undefined && { udpPort: udp }),
      ...(tcp !== undefined && { tcpPort: tcp }),
      ...(tlsPort !== undefined && tls !== undefined && { tls: { ...tlsOptions(tls), port: tlsPort } }),
      ...(timezone !== undefined && { timezone }),
      onRecord: (record, peer) => {
        this.#clocks.seen(peer);
        return gatherer.add(record);
      },
    });
    this.#receiver = receiver;
    this.#clocks.measuredBy(receiver.clocks);
    running();
    const before = { lost: counters.lost, damaged: counters.damaged };
    const count = (): void => {
      const { malformed, droppedByRate, droppedByPressure, refusedConnections } = receiver.counters;
      counters.lost = before.lost + droppedByRate + droppedByPressure;
      counters.damaged = before.damaged + malformed;
      if (refusedConnections > 0) counters.lastDamage = `${refusedConnections} connections were refused`;
      else if (malformed > 0) counters.lastDamage = `${malformed} messages are no syslog or too long`;
    };
    const timer = setInterval(count, countInterval);
    try {
      await aborted(signal);
    } finally {
      clearInterval(timer);
      await receiver.close();
      gatherer.flush();
      count();
      this.#receiver = undefined;
    }
  }

  places(): string[] {
    const { address, udp, tcp, tlsPort } = this.config;
    const ports = this.#receiver?.ports ?? { udp, tcp, tls: tlsPort };
    return Object.entries(ports).flatMap(([kind, port]) =>
      port === undefined ? [] : [`${kind} ${address.includes(':') ? `[${address}]` : address}:${port}`],
    );
  }

  clocks(): ClockOfSource[] {
    return this.#clocks.list();
  }
}

/** Reads certificate and key. @throws the system's error, naming the file */
export function tlsOptions({ certificate, key, clientAuthorities }: TlsConfig): {
  cert: Buffer;
  key: Buffer;
  minVersion: 'TLSv1.2';
  ca?: Buffer;
  requestCert?: true;
  rejectUnauthorized?: true;
} {
  return {
    cert: readFileSync(certificate),
    key: readFileSync(key),
    minVersion: 'TLSv1.2',
    ...(clientAuthorities !== undefined && {
      ca: readFileSync(clientAuthorities),
      requestCert: true as const,
      rejectUnauthorized: true as const,
    }),
  };
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(), { once: true }));
}
