/** The places that the persistence inventory looks at, for who watches them. */
import { persistenceSources } from './persistence/all.ts';

/** Patterns by kind: `*` is any text within one name, a last `/` all below a folder, a first `~` the home of any account. */
export const watchedPlaces: ReadonlyMap<string, readonly string[]> = new Map(
  persistenceSources.map(({ kind, watched }) => [kind, watched]),
);
