/** The part of the API that is about threat intelligence. Times are milliseconds since the Unix epoch. */
import type { ImportReport } from '@redoubt/detect/intelligence';
import { type Bilingual, type Static, Type } from '@redoubt/model';
import type { ImportState } from './sources-contract.ts';

export * from './sources-contract.ts';

const maybe = Type.Optional;
const count = (of: string) => Type.Integer({ minimum: 0, description: of });
const SourceName = Type.String({ minLength: 1, maxLength: 200 });

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
