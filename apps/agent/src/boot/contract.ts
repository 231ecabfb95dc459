/** The part of the API that is about how the machine was started. Times are milliseconds since the Unix epoch. */
import { Bilingual, type Static, Type } from '@redoubt/model';

/** Answer of `GET /api/boot`. */
export const BootAnswer = Type.Object({
  checked_time: Type.Union([Type.Integer(), Type.Null()], { description: 'when this boot was compared' }),
  golden_time: Type.Union([Type.Integer(), Type.Null()], { description: 'when the golden state was made' }),
  changed_pcrs: Type.Array(Type.Integer(), { description: 'PCRs that are not golden' }),
  broken_pcrs: Type.Array(Type.Integer(), { description: 'PCRs that the event log does not come to' }),
  reason: Type.Optional(Bilingual),
});
export type BootAnswer = Static<typeof BootAnswer>;
