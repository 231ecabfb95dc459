/** The part of the API that is about integrity. Times are milliseconds since the Unix epoch. */
import { Bilingual, type Static, Type } from '@redoubt/model';

const maybe = Type.Optional;
const count = (of: string) => Type.Integer({ minimum: 0, description: of });

/** One kind of golden state, and where its golden form stands. */
export const GoldenItem = Type.Object({
  name: Type.String(),
  title: Bilingual,
  generation: maybe(count('number of the signed state; absent when none is signed')),
  made_time: maybe(Type.Integer({ description: 'when the signed state was written' })),
  pending: maybe(count('number of a newer state that waits for its signature')),
  checked_time: maybe(Type.Integer({ description: 'when it was last compared' })),
});
export type GoldenItem = Static<typeof GoldenItem>;

/** Answer of `GET /api/integrity`. */
export const IntegrityAnswer = Type.Object({
  watching: Type.Boolean({ description: 'files are judged as they change' }),
  source: Type.Enum(['kernel', 'fanotify', 'inotify', 'none'], { description: 'what tells of changes' }),
  reason: maybe(Bilingual),
  generation: maybe(count('number of the golden state of files')),
  signed_time: maybe(Type.Integer({ description: 'when the golden state was collected' })),
  touched: count('events of covered paths, since the start'),
  looked: count('files that were looked at'),
  changes: count('differences from the golden state that were told'),
  overflowed: count('touches that only a whole check can answer for'),
  lost: count('times that the queue of fanotify overflowed'),
  last_check: maybe(Type.Integer({ description: 'when the last whole check ended' })),
  checking: Type.Boolean({ description: 'a whole check runs' }),
  states: Type.Array(GoldenItem),
});
export type IntegrityAnswer = Static<typeof IntegrityAnswer>;
