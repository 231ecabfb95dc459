/** Which end of a connection is the source, and which way it goes. */
import type { NetworkDetails } from '@redoubt/kernel';
import type { Endpoint, EventKind } from '@redoubt/model';

/** OCSF `direction_id`. */
const inbound = 1;
const outbound = 2;

const protocolNames: Readonly<Record<number, string>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  58: 'icmp6',
  132: 'sctp',
};

/** Both ends of a network event, and its direction. */
export interface Endpoints {
  src_endpoint: Endpoint | undefined;
  dst_endpoint: Endpoint | undefined;
  protocol_name: string | undefined;
  direction_id: number | undefined;
}

const endpoint = (ip: string, port: number): Endpoint | undefined =>
  ip === '' ? undefined : { ip, ...(port === 0 ? {} : { port }) };

/**
 * The ends of a `network.*` or `dns.*` event. The source is who sends: for `network.accept` and `dns.answer`
 * the other side. What `bind` and `listen` open is a destination: the place where others will arrive.
 */
export function endpointsOf(kind: EventKind, details: NetworkDetails): Endpoints {
  const local = endpoint(details.localAddress, details.localPort);
  const remote = endpoint(details.remoteAddress, details.remotePort);
  const protocol_name = protocolNames[details.protocol];
  switch (kind) {
    case 'network.accept':
    case 'dns.answer':
      return { src_endpoint: remote, dst_endpoint: local, protocol_name, direction_id: inbound };
    case 'network.bind':
    case 'network.listen':
      return { src_endpoint: undefined, dst_endpoint: local, protocol_name, direction_id: undefined };
    default:
      return { src_endpoint: local, dst_endpoint: remote, protocol_name, direction_id: outbound };
  }
}
