/** The part of the API that is about quarantine. Times are milliseconds since the Unix epoch. */
import { type Static, Type } from '@redoubt/model';

const maybe = Type.Optional;

/** A file in quarantine. */
export const QuarantineItem = Type.Object({
  id: Type.String(),
  path: Type.String({ description: 'where it was' }),
  size: Type.Integer({ minimum: 0, description: 'bytes' }),
  sha256: Type.String(),
  time: Type.Integer({ description: 'when it was taken' }),
  by: Type.String({ description: 'who took it: scan, gate, a name' }),
  reason: maybe(Type.String()),
  findings: maybe(Type.Array(Type.String(), { description: 'ids of findings' })),
  mode: maybe(Type.Integer({ description: 'permissions that it will have again' })),
  other_links: Type.Integer({ minimum: 0, description: 'other names that still lead to its content' }),
});
export type QuarantineItem = Static<typeof QuarantineItem>;

/** Answer of `GET /api/quarantine`: the last taken first. */
export const QuarantineAnswer = Type.Object({
  items: Type.Array(QuarantineItem),
  damaged: Type.Array(Type.String(), { description: 'ids of entries that cannot be read' }),
});
export type QuarantineAnswer = Static<typeof QuarantineAnswer>;

/** Path parameters. */
export const QuarantineId = Type.Object({ id: Type.String({ pattern: '^[0-9]{8}-[0-9a-f]{12}$' }) });

/** Answer of `POST /api/quarantine/:id/restore`. */
export const RestoredAnswer = Type.Object({ path: Type.String({ description: 'where it is again' }) });
export type RestoredAnswer = Static<typeof RestoredAnswer>;
