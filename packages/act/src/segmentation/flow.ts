/** Who talks to whom: one kind of connection, and how it is read from events. */
import type { EventKind, EventView } from '@redoubt/model';
import { scopeOf } from '../network/scope.ts';

/** `in` and `out` are seen from this host; `forward` passes through it: a container's traffic. */
export type FlowDirection = 'in' | 'out' | 'forward';

/** What connections have in common that a policy would treat alike. */
export interface FlowKey {
  readonly direction: FlowDirection;
  /** `tcp`, `udp`, `sctp`. */
  readonly protocol: string;
  /** Address of the side that opens the connection, and of the side that is opened to. */
  readonly source: string;
  readonly destination: string;
  /** Port that is opened to. */
  readonly port: number;
  /** On this host: path of the program, and numeric id of the user; empty when unknown. */
  readonly program: string;
  readonly user: string;
  /** Name of the user where it is known. */
  readonly userName: string;
  /** Id of its container; empty for the host itself. */
  readonly container: string;
}

/** Connections of one kind, counted. Times are milliseconds since the Unix epoch. */
export interface Flow extends FlowKey {
  readonly count: number;
  readonly first: number;
  readonly last: number;
}

/**
 * Events that tell of flows. Connecting a datagram socket sends nothing (resolvers do it to choose an address), so of
 * UDP only what is sent counts.
 */
export const flowKinds: readonly EventKind[] = [
  'network.connect',
  'network.accept',
  'network.udp_send',
  'dns.query',
];
/** First port that Linux hands out to clients (net.ipv4.ip_local_port_range). */
const firstClientPort = 32_768;
const wanted: ReadonlySet<EventKind> = new Set(flowKinds);
const judged: ReadonlySet<string> = new Set(['tcp', 'udp', 'sctp']);

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/**
 * The flow that an event tells of; undefined for other events, loopback, multicast, and what stays on the host.
 * @param ownNamespace inode number of the host's network namespace; events of others are forwarded traffic
 */
export function flowOf(view: EventView, ownNamespace?: number): Flow | undefined {
  if (!wanted.has(view.kind)) return undefined;
  const protocol = text(view.get('connection_info.protocol_name')).toLowerCase();
  if (!judged.has(protocol) || (protocol === 'udp' && view.kind === 'network.connect')) return undefined;
  if (view.kind === 'dns.query' && protocol !== 'udp') return undefined;
  const [from, to, isReply] = endsOf(view);
  const destination = text(view.get(`${to}.ip`));
  const port = view.get(`${to}.port`);
  if (typeof port !== 'number' || port < 1 || port > 65_535 || !isJudged(destination)) return undefined;
  const source = text(view.get(`${from}.ip`));
  if (source === destination || (source !== '' && scopeOf(source) === 'loopback')) return undefined;
  const namespace = view.get('unmapped.network_namespace');
  const isOwn =
    ownNamespace === undefined ||
    typeof namespace !== 'number' ||
    namespace === 0 ||
    namespace === ownNamespace;
  const count = view.get('count');
  return {
    direction: isOwn ? (view.kind === 'network.accept' || isReply ? 'in' : 'out') : 'forward',
    protocol,
    source,
    destination,
    port,
    program: text(view.get('actor.process.file.path')) || text(view.get('actor.process.name')),
    user: text(view.get('actor.process.user.uid')),
    userName: text(view.get('actor.process.user.name')),
    container: text(view.get('actor.process.container.uid')),
    count: typeof count === 'number' && count > 1 ? count : 1,
    first: view.time,
    last: view.time,
  };
}

/** Which end opened it. A datagram from a server's port to a client's is the answer to one that came in. */
function endsOf(view: EventView): [from: string, to: string, isReply: boolean] {
  const near = view.get('src_endpoint.port');
  const far = view.get('dst_endpoint.port');
  const isReply =
    view.kind === 'network.udp_send' &&
    typeof near === 'number' &&
    typeof far === 'number' &&
    near < firstClientPort &&
    far >= firstClientPort;
  return isReply ? ['dst_endpoint', 'src_endpoint', true] : ['src_endpoint', 'dst_endpoint', false];
}

function isJudged(destination: string): boolean {
  const scope = scopeOf(destination);
  return scope === 'private' || scope === 'public' || scope === 'link-local';
}

/** The same for flows that are alike. */
export function keyOf(flow: FlowKey): string {
  const { direction, protocol, source, destination, port, program, user, container } = flow;
  return JSON.stringify([direction, protocol, source, destination, port, program, user, container]);
}

/** Two flows of one key as one. */
export function merged(one: Flow, other: Flow): Flow {
  return {
    ...one,
    userName: one.userName || other.userName,
    count: one.count + other.count,
    first: Math.min(one.first, other.first),
    last: Math.max(one.last, other.last),
  };
}

/** The side that is not this host, for flows in and out; of a forwarded flow the side that is opened to. */
export function peerOf({ direction, source, destination }: FlowKey): string {
  return direction === 'in' ? source : destination;
}
