/** The part of the API that is about threat intelligence. Times are milliseconds since the Unix epoch. */
import type { ImportReport } from '@redoubt/detect/intelligence';
import { type Bilingual, type Static, Type } from '@redoubt/model';

const maybe = Type.Optional;
const count = (of: string) => Type.Integer({ minimum: 0, description: of });
const SourceName = Type.String({ minLength: 1, maxLength: 200 });

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

const Auth = Type.Union([
  Type.Object({ type: Type.Literal('basic'), user: Type.String(), password: Type.String() }),
  Type.Object({ type: Type.Literal('bearer'), token: Type.String() }),
]);

/** Body of `POST /api/intelligence/import`, which only the unix socket takes: it makes the agent read files. */
export const IntelligenceImport = Type.Object({
  source: Type.Object({
    name: SourceName,
    local: maybe(Type.Boolean()),
    confidence: maybe(Type.Integer({ minimum: 0, maximum: 100 })),
    labels: maybe(Type.Array(Type.String({ maxLength: 128 }), { maxItems: 16 })),
    valid_days: maybe(Type.Integer({ minimum: 1, maximum: 36_500 })),
  }),
  input: Type.Union([
    Type.Object({
      format: Type.Union([
        Type.Literal('stix'),
        Type.Literal('misp'),
        Type.Literal('csv'),
        Type.Literal('plain'),
        Type.Literal('hosts'),
      ]),
      path: Type.String({ pattern: '^/', maxLength: 4096, description: 'absolute' }),
    }),
    Type.Object({
      format: Type.Literal('taxii'),
      collection: Type.String({ pattern: '^https?://', maxLength: 4096 }),
      auth: maybe(Auth),
    }),
  ]),
  origin: maybe(Type.String({ maxLength: 4096, description: 'shown as the origin; by default the input' })),
});
export type IntelligenceImport = Static<typeof IntelligenceImport>;

/** What a hunt through history for the indicators of an import gave. */
export const IntelligenceHunt = Type.Object({
  events: count('events read'),
  looked_at: count('of these, with something to look up'),
  matched: count('of these, with one of the indicators'),
  sightings: count('sightings'),
  findings: count('findings made of them'),
  unreadable: count('events of chunks that are damaged'),
  most: Type.Array(Type.Object({ value: Type.String(), events: count('events') })),
});
export type IntelligenceHunt = Static<typeof IntelligenceHunt>;

/** What became of a feed. */
export interface IntelligenceReport extends ImportReport {
  /** Absent when the feed brought nothing new. */
  readonly hunt?: IntelligenceHunt;
}

/** A line of the answer of an import: `progress` any number of times, then `report` or `error`. */
export type ImportMessage =
  | { readonly progress: ImportState }
  | { readonly report: IntelligenceReport }
  | { readonly error: Bilingual & { readonly code: string } };

/** Body of `POST /api/intelligence/hold`. */
export const HoldRequest = Type.Object({ source: SourceName, held: Type.Boolean() });

/** Query of `DELETE /api/intelligence/source`. */
export const SourceQuery = Type.Object({ name: SourceName });

/** Answer of `DELETE /api/intelligence/source`. */
export const RemovedAnswer = Type.Object({ removed: count('indicators that went') });
export type RemovedAnswer = Static<typeof RemovedAnswer>;
