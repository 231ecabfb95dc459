/** The part of the API that is about the journal. Times are milliseconds since the Unix epoch. */
import { Bilingual, JournalEntry, type Static, Type } from '@redoubt/model';

const maybe = Type.Optional;
const count = (of: string) => Type.Integer({ minimum: 0, description: of });

/** Query of `GET /api/journal`. */
export const JournalQuery = Type.Object({
  limit: maybe(Type.Integer({ minimum: 1, maximum: 1000, default: 200, description: 'newest entries' })),
});
export type JournalQuery = Static<typeof JournalQuery>;

/** Whether the chain holds, as it was when it was last read from its first line to its last. */
export const JournalVerification = Type.Object({
  time: Type.Integer({ description: 'when it was verified' }),
  intact: Type.Boolean(),
  identity: maybe(Type.String({ description: 'SHA-256 of the first key; absent for an empty journal' })),
  entries: count('entries'),
  lines: count('lines of the chain, keys included'),
  faults: Type.Array(
    Type.Object({
      kind: Type.Enum(['changed', 'cut', 'reordered', 'forged', 'torn', 'missing']),
      place: Type.String(),
      text: Bilingual,
    }),
    { description: 'the first ones' },
  ),
  more_faults: count('faults beyond those listed'),
});
export type JournalVerification = Static<typeof JournalVerification>;

/** Answer of `GET /api/journal`: the newest entries first. */
export const JournalAnswer = Type.Object({
  items: Type.Array(Type.Object({ seq: Type.Integer({ minimum: 1 }), entry: JournalEntry })),
  verification: JournalVerification,
});
export type JournalAnswer = Static<typeof JournalAnswer>;
export type JournalItem = JournalAnswer['items'][number];
