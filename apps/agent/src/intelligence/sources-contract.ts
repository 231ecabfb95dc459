/** Sources of indicators, as the API tells of them. Times are milliseconds since the Unix epoch. */
import { type Static, Type } from '@redoubt/model';

const maybe = Type.Optional;
const count = (of: string) => Type.Integer({ minimum: 0, description: of });

/** A source of indicators. */
export const IntelligenceSource = Type.Object({
  name: Type.String(),
  local: Type.Boolean({ description: 'speaks of this network itself, so that private addresses are meant' }),
  held: Type.Boolean({ description: 'its indicators rest: they are kept and match nothing' }),
  imported_time: Type.Integer(),
  origin: Type.String({ description: 'file or address that it was read from' }),
  indicators: count('indicators'),
  kinds: Type.Record(Type.String(), Type.Integer(), { description: 'indicators by kind' }),
});
export type IntelligenceSource = Static<typeof IntelligenceSource>;

/** How far an import is. `done` and `total` are bytes; objects for TAXII; events while hunting. */
export const ImportState = Type.Object({
  source: Type.String(),
  step: Type.Union([Type.Literal('reading'), Type.Literal('writing'), Type.Literal('hunting')]),
  done: count('what the step has done'),
  total: maybe(count('absent where it is not known')),
  indicators: count('indicators taken so far'),
});
export type ImportState = Static<typeof ImportState>;

/** Answer of `GET /api/intelligence`. */
export const IntelligenceAnswer = Type.Object({
  items: Type.Array(IntelligenceSource),
  indicators: count('indicators'),
  bytes: count('memory that they take'),
  looked_at: count('events with something to look up, since the start'),
  sightings: count('indicators seen in events, since the start'),
  importing: maybe(ImportState),
});
export type IntelligenceAnswer = Static<typeof IntelligenceAnswer>;
