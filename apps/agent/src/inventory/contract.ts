/** The API's answer about start-up items. Times are milliseconds since the Unix epoch. */
import { Bilingual, type Static, Type } from '@redoubt/model';

const count = (of: string) => Type.Integer({ minimum: 0, description: of });

export const InventoryAnswer = Type.Object({
  items: count('start-up items at the last look'),
  looked: Type.Union([Type.Integer(), Type.Null()], { description: 'when the last look ended' }),
  looks: count('looks since the start'),
  prompted: count('looks of these that an event asked for'),
  changes: count('changes since the start'),
  explained: count('changes of these that a package manager made to files of packages'),
  findings: count('changes of these that became findings'),
  unattributed: count('changed paths whose process was forgotten because too many changed at once'),
  troubles: Type.Array(Type.Object({ key: Type.String(), text: Bilingual })),
  states: Type.Array(Type.Object({ name: Type.String(), title: Bilingual }), {
    description: 'states that `GET /api/inventory/:name` lists',
  }),
});
export type InventoryAnswer = Static<typeof InventoryAnswer>;

/** Path parameters of `GET /api/inventory/:name`. */
export const InventoryParams = Type.Object({ name: Type.String({ minLength: 1, maxLength: 64 }) });

/** One entry of a state. */
export const InventoryEntry = Type.Object({
  key: Type.String({ description: 'identity within its state' }),
  facts: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()])),
  remarks: Type.Optional(Type.Array(Bilingual, { description: 'what is remarkable about it' })),
});
export type InventoryEntry = {
  key: string;
  facts: Readonly<Record<string, string | number | boolean | null>>;
  remarks?: Bilingual[];
};

/** Answer of `GET /api/inventory/:name`: a state as it is now. */
export const InventoryListing = Type.Object({
  name: Type.String(),
  title: Bilingual,
  time: Type.Integer({ description: 'when it was collected' }),
  items: Type.Array(InventoryEntry),
  more: count('entries beyond those listed'),
  troubles: Type.Array(Type.Object({ key: Type.String(), text: Bilingual })),
});
export interface InventoryListing {
  name: string;
  title: Bilingual;
  time: number;
  items: InventoryEntry[];
  more: number;
  troubles: { key: string; text: Bilingual }[];
}
