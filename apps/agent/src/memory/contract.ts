/** The part of the API that is about the memory of processes. Times are milliseconds since the Unix epoch. */
import { Bilingual, type Static, Type } from '@redoubt/model';

const maybe = Type.Optional;
const count = (of: string) => Type.Integer({ minimum: 0, description: of });

/** A process in whose memory something was found. */
export const MemoryItem = Type.Object({
  pid: Type.Integer(),
  name: Type.String(),
  program: Type.String(),
  command: Type.String(),
  observations: Type.Array(
    Type.Object({
      kind: Type.String(),
      severity: Type.Integer({ minimum: 1, maximum: 5, description: 'OCSF severity_id' }),
      title: Bilingual,
      reason: Bilingual,
    }),
  ),
});
export type MemoryItem = Static<typeof MemoryItem>;

/** The last check of all processes that came to its end. */
export const MemoryCheck = Type.Object({
  time: Type.Integer({ description: 'when it ended' }),
  milliseconds: count('how long it took'),
  processes: count('processes that were looked at'),
  items: Type.Array(MemoryItem),
  more: count('processes with something found beyond those listed'),
});
export type MemoryCheck = Static<typeof MemoryCheck>;

/** Answer of `GET /api/memory` and of `POST /api/memory/check`, which begins a check of all processes. */
export const MemoryAnswer = Type.Object({
  checking: Type.Boolean({ description: 'a check runs' }),
  postponed: count(
    'processes that made memory executable and wait for the next check of all, as others of their program were looked at',
  ),
  last: maybe(MemoryCheck),
});
export type MemoryAnswer = Static<typeof MemoryAnswer>;
