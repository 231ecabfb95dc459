/** The API's answers about content. */
import { Bilingual, type Static, Type } from '@redoubt/model';

export const ContentAnswer = Type.Object({
  /** Name of the repository, empty when none is trusted. */
  repository: Type.String(),
  version: Type.Union([Type.Integer(), Type.Null()], {
    description: 'release in force; null for what is shipped',
  }),
  state_directory: Type.String({ description: 'the agent’s folder, in which content is installed' }),
  rules: Type.Object({ loaded: Type.Integer(), refused: Type.Integer() }),
  withdrawn: Type.Array(Type.Integer({ description: 'releases that this host has taken back' })),
  history: Type.Array(
    Type.Object({
      time: Type.Integer({ description: 'milliseconds since the Unix epoch' }),
      step: Type.Enum(['installed', 'rolled_back']),
      version: Type.Integer(),
      text: Bilingual,
    }),
  ),
});
export type ContentAnswer = Static<typeof ContentAnswer>;
