/** The part of the API that is about protections on the ladder. Times are milliseconds since the Unix epoch. */
import { Bilingual, Health, Impact, PlannedChange, Policy, Rung, type Static, Type } from '@redoubt/model';

const maybe = Type.Optional;

/** One protection and where it stands. */
export const ProtectionItem = Type.Object({
  name: Type.String(),
  title: Bilingual,
  description: Bilingual,
  policy: Policy,
  revision: Type.Integer({ minimum: 0, description: 'grows by one with every change' }),
  since: Type.Integer(),
  by: Type.String({ description: 'on whose word it stands there' }),
  previous: maybe(Policy),
  trial: maybe(
    Type.Object(
      { deadline: Type.Integer(), back: Policy },
      { description: 'the step must be confirmed before the deadline, else it is taken back' },
    ),
  ),
  health: maybe(Health),
  unmet: maybe(Bilingual),
  fell: maybe(Type.Object({ time: Type.Integer(), en: Type.String(), zh: Type.String() })),
  busy: Type.Boolean(),
});
export type ProtectionItem = Static<typeof ProtectionItem>;

/** Answer of `GET /api/protections`. */
export const ProtectionsAnswer = Type.Object({ items: Type.Array(ProtectionItem) });
export type ProtectionsAnswer = Static<typeof ProtectionsAnswer>;

/** Path parameters. */
export const ProtectionName = Type.Object({ name: Type.String({ minLength: 1, maxLength: 100 }) });

/** Body of `POST /api/protections/:name/preview`. Without `from`, nothing is looked up in the record. */
export const PreviewRequest = Type.Object({
  rung: Rung,
  settings: maybe(Type.Unknown({ description: 'as they stand by default' })),
  from: maybe(Type.Integer({ minimum: 0 })),
  to: maybe(Type.Integer({ minimum: 0, description: 'now by default' })),
});
export type PreviewRequest = Static<typeof PreviewRequest>;

/** What a step would do, and what it would have blocked. */
export const StepPreview = Type.Object({
  id: Type.String({ description: 'names this preview when the step is taken' }),
  protection: Type.String(),
  policy: Policy,
  revision: Type.Integer(),
  made: Type.Integer(),
  changes: Type.Array(PlannedChange),
  impact: maybe(Impact),
});
export type StepPreview = Static<typeof StepPreview>;

/** A line of the answer of a preview: `progress` any number of times, then `preview` or `error`. */
export type PreviewMessage =
  | { readonly progress: { readonly events: number } }
  | { readonly preview: StepPreview }
  | { readonly error: Bilingual & { readonly code: string } };

/** Body of `POST /api/protections/:name/step`. */
export const StepBody = Type.Object({
  rung: Rung,
  settings: maybe(Type.Unknown()),
  preview: maybe(Type.String({ maxLength: 64, description: 'the preview that was shown' })),
  directly: maybe(Type.Boolean({ description: 'leave out audit' })),
  confirm_within: maybe(
    Type.Integer({ minimum: 5, maximum: 604_800, description: 'seconds to confirm a step to enforce' }),
  ),
  operator: maybe(Type.String({ maxLength: 100, description: 'who asks, as they call themselves' })),
  comment: maybe(Type.String({ maxLength: 2000 })),
});
export type StepBody = Static<typeof StepBody>;

/** Body of `POST /api/protections/:name/confirm` and `/undo`. */
export const WhoBody = Type.Object({ operator: maybe(Type.String({ maxLength: 100 })) });
export type WhoBody = Static<typeof WhoBody>;
