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
});
export type InventoryAnswer = Static<typeof InventoryAnswer>;
