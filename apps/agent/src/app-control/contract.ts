/** The part of the API that is about application control beyond the ladder: catalogs, counters, coverage. */
import { type Static, Type } from '@redoubt/model';

const count = (of: string) => Type.Integer({ minimum: 0, description: of });

/** One catalog that was added. */
export const CatalogItem = Type.Object({
  name: Type.String(),
  owner: Type.String(),
  issue: Type.Integer(),
  created: Type.Integer({ description: 'milliseconds since the Unix epoch' }),
  entries: count('programs'),
});
export type CatalogItem = Static<typeof CatalogItem>;

/** Answer of `GET /api/app-control`. */
export const AppControlAnswer = Type.Object({
  catalogs: Type.Array(CatalogItem),
  refused: Type.Array(
    Type.Object({ file: Type.String(), text: Type.Object({ en: Type.String(), zh: Type.String() }) }),
    { description: 'catalogs that cannot be used' },
  ),
  golden: Type.Object(
    {
      programs: count('programs that the golden state of files vouches for'),
      refused: Type.Optional(Type.Object({ en: Type.String(), zh: Type.String() })),
    },
    { description: 'refused: why the state that is there vouches for nothing' },
  ),
  counters: Type.Optional(Type.Record(Type.String(), Type.Number())),
  covered: Type.Array(Type.String({ description: 'mount point that the gate stands before' })),
  uncovered: Type.Array(Type.String({ description: 'mount point that programs run from unjudged' })),
});
export type AppControlAnswer = Static<typeof AppControlAnswer>;

/** Body of `POST /api/app-control/catalogs`, which only the unix socket takes. */
export const AddCatalog = Type.Object({
  catalog: Type.String({ description: 'the exact text that was signed' }),
  signature: Type.String({ maxLength: 200, description: 'Ed25519, base64' }),
  key: Type.String({ maxLength: 2000, description: 'public key of the owner, PEM' }),
});
export type AddCatalog = Static<typeof AddCatalog>;

/** Query of `DELETE /api/app-control/catalogs`. */
export const CatalogQuery = Type.Object({ name: Type.String({ minLength: 1, maxLength: 64 }) });
