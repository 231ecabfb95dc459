/** The part of the API that is about flows and zones. Times are milliseconds since the Unix epoch. */
import { Rung, type Static, Type } from '@redoubt/model';

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
});
export type FlowsQuery = Static<typeof FlowsQuery>;

/** Answer of `GET /api/segmentation/flows`. */
export const FlowsAnswer = Type.Object({
  flows: Type.Array(FlowItem, { description: 'the most frequent first' }),
  unkept: count('connections that were seen and not kept'),
  unreadable: count('events of the record that are damaged'),
});
export type FlowsAnswer = Static<typeof FlowsAnswer>;

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
