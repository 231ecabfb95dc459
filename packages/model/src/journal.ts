/** The journal: who did what to the protection of a host. */
import { Bilingual } from './finding.ts';
import { type Static, Type } from './schema.ts';

/** One entry: an action, an approval, a change of policy. */
export const JournalEntry = Type.Object({
  time: Type.Integer({ description: 'milliseconds since the Unix epoch' }),
  actor: Type.String({
    description: 'who: a person as the channel names them, or the part of Redoubt that acted',
  }),
  action: Type.String({ description: 'what was done, dotted: ladder.step' }),
  subject: Type.String({ description: 'what it was done to: a protection, a process, a file' }),
  outcome: Type.Enum(['begun', 'done', 'failed', 'undone']),
  text: Bilingual,
  detail: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
});
export type JournalEntry = Static<typeof JournalEntry>;

/** Where entries go. */
export interface JournalSink {
  /**
   * Resolves once the entry is on disk. Entries keep the order of the calls.
   * @throws Error when it cannot be written; whoever acts decides whether to go on without
   */
  append(entry: JournalEntry): Promise<void>;
}
