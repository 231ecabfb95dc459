/** The part of the API that is about flows and zones. Times are milliseconds since the Unix epoch. */
import { type Bilingual, Rung, type Static, Type } from '@redoubt/model';

const count = (of: string) => Type.Integer({ minimum: 0, description: of });

/** Connections of one kind, counted. */
export const FlowItem = Type.Object({
  direction: Type.Enum(['in', 'out', 'forward']),
  protocol: Type.String(),
  source: Type.String({ description: 'address of the side that opens it; empty when unknown' }),
  destination: Type.String(),
  port: Type.Integer({ description: 'port that is opened to' }),
  program: Type.String(),
  user: Type.String({ description: 'numeric user id' }),
  userName: Type.String(),
  container: Type.String(),
  count: count('connections'),
  first: Type.Integer(),
  last: Type.Integer(),
});
export type FlowItem = Static<typeof FlowItem>;

/** Query of `GET /api/segmentation/flows`. */
export const FlowsQuery = Type.Object({
  from: Type.Optional(Type.Integer({ minimum: 0 })),
  to: Type.Optional(Type.Integer({ minimum: 0 })),
  record: Type.Optional(
    Type.Boolean({ description: 'from the record, exact to the moment; else from the inventory, by day' }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
});
export type FlowsQuery = Static<typeof FlowsQuery>;

/** Answer of `GET /api/segmentation/flows`. */
export const FlowsAnswer = Type.Object({
  flows: Type.Array(FlowItem, { description: 'the most frequent first' }),
  unkept: count('connections that were seen and not kept'),
  unreadable: count('events of the record that are damaged'),
});
export type FlowsAnswer = Static<typeof FlowsAnswer>;

/** What goes from one zone to another on one port. */
export interface ZoneEdge {
  readonly from: string;
  readonly to: string;
  readonly protocol: string;
  readonly port: number;
  readonly count: number;
  readonly last: number;
  readonly allowed: boolean;
  readonly programs: readonly string[];
}

/** Answer of `GET /api/segmentation/map`: the flows by zone and port, the most frequent first. */
export interface SegmentationMap {
  /** Zones with the number of their addresses that were seen. */
  readonly zones: readonly { readonly name: string; readonly addresses: number }[];
  readonly edges: readonly ZoneEdge[];
  /** The zones are a proposal: the policy has none yet. */
  readonly proposed: boolean;
}

/** Answer of `GET /api/segmentation/proposal`: a policy that lets pass what was seen, as YAML with its reasons. */
export interface PolicyProposal {
  readonly yaml: string;
  readonly rules: number;
  /** The flows that it was made from. */
  readonly flows: number;
}

/** Body of `POST /api/segmentation/check`. */
export const PolicyText = Type.Object({ yaml: Type.String({ maxLength: 1_000_000 }) });
export type PolicyText = Static<typeof PolicyText>;

/** Answer of `POST /api/segmentation/check`: the policy as settings of the protection, or where it is wrong. */
export type PolicyChecked =
  | { readonly policy: object; readonly limits: readonly Bilingual[] }
  | { readonly wrong: Bilingual };

const refusals = Type.Object({
  input: count('into this host'),
  output: count('out of this host'),
  forward: count('through this host'),
});

/** Answer of `GET /api/segmentation`. */
export const SegmentationAnswer = Type.Object({
  rung: Rung,
  seen: count('connections since the start'),
  unkept: count('connections that were not kept'),
  outside: count('connections outside the policy since the start'),
  refusals: Type.Optional(refusals),
  refused: Type.Array(
    Type.Object({
      chain: Type.Enum(['input', 'output', 'forward']),
      address: Type.String(),
      protocol: Type.String(),
      port: Type.Integer(),
      age: count('seconds since the last attempt'),
    }),
    { description: 'of the last hour, as the packet filter remembers it' },
  ),
});
export type SegmentationAnswer = Static<typeof SegmentationAnswer>;
