/** What an upstream resolver is, and what its answers must hold to. */
import { isIP } from 'node:net';

/** An upstream, as its text says: `192.0.2.1`, `[2001:db8::1]:5353`, `tls://192.0.2.1#name`, `https://192.0.2.1/dns-query#name`. */
export interface UpstreamPlace {
  readonly transport: 'plain' | 'tls' | 'https';
  readonly address: string;
  readonly port: number;
  /** Name that its certificate must be for; its address when absent. */
  readonly name?: string;
  readonly path?: string;
}

/** Sends a query whose id it may change and gives the answer with the same id. */
export interface Upstream {
  readonly text: string;
  ask(query: Buffer, signal: AbortSignal): Promise<Buffer>;
  close(): void;
}

const defaultPorts = { plain: 53, tls: 853, https: 443 } as const;

/** Reads the text of an upstream. Addresses only: to look up the name of a resolver takes a resolver. @returns undefined when it is none */
export function parseUpstream(text: string): UpstreamPlace | undefined {
  const match =
    /^(?:(udp|tls|https):\/\/)?(\[[0-9a-f:.]+\]|[0-9.]+|[0-9a-f:]+)(?::(\d{1,5}))?(\/[\w./-]*)?(?:#([a-z0-9.-]{1,253}))?$/i.exec(
      text,
    );
  if (match === null) return undefined;
  const [, scheme, host = '', portText, path, name] = match;
  const transport = scheme === 'tls' || scheme === 'https' ? scheme : 'plain';
  const address = host.replace(/^\[|\]$/g, '');
  const port = portText === undefined ? defaultPorts[transport] : Number(portText);
  if (isIP(address) === 0 || port < 1 || port > 65_535) return undefined;
  if ((path !== undefined) !== (transport === 'https') || (name !== undefined && transport === 'plain'))
    return undefined;
  return {
    transport,
    address,
    port,
    ...(name !== undefined && { name }),
    ...(path !== undefined && { path }),
  };
}

/**
 * Whether an answer belongs to a query.
 * @returns `spelling` when all but upper and lower case agrees, which a forger could guess
 */
export function answersQuestion(answer: Buffer, query: Buffer, question: number): 'yes' | 'spelling' | 'no' {
  const end = 12 + question;
  if (answer.length < end || answer.readUInt16BE(0) !== query.readUInt16BE(0)) return 'no';
  if (((answer[2] as number) & 0xf8) !== 0x80 || answer.readUInt16BE(4) !== 1) return 'no';
  if (answer.compare(query, 12, end, 12, end) === 0) return 'yes';
  const lower = (message: Buffer): string => message.toString('latin1', 12, end).toLowerCase();
  return lower(answer) === lower(query) ? 'spelling' : 'no';
}

/** Length of the question section of a query that we wrote. */
export function questionLength(query: Buffer): number {
  let at = 12;
  while (query[at] !== 0 && at < query.length) at += (query[at] as number) + 1;
  return at + 5 - 12;
}
