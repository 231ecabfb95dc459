/** The part of the API that is about actions and playbooks. Times are milliseconds since the Unix epoch. */
import { type Action, type ActionPlan, Bilingual, type Static, Type } from '@redoubt/model';
import type { DryStepItem, PlaybookItem, RunItem } from './playbooks.ts';

export type * from './playbooks.ts';

const maybe = Type.Optional;
const operator = maybe(Type.String({ maxLength: 100, description: 'who asks, as they call themselves' }));
const lasts = maybe(
  Type.Integer({
    minimum: 1,
    maximum: 31_622_400,
    description: 'seconds after which it is undone by itself',
  }),
);

/** A kind of action. */
export const ActionKindItem = Type.Object({
  name: Type.String(),
  title: Bilingual,
  describe: Bilingual,
  can_undo: Type.Boolean(),
});
export type ActionKindItem = Static<typeof ActionKindItem>;

/** Answer of `GET /api/response`. */
export interface ResponseAnswer {
  readonly kinds: readonly ActionKindItem[];
  readonly actions: readonly Action[];
}

const wanted = {
  kind: Type.String({ minLength: 1, maxLength: 100 }),
  target: maybe(Type.Record(Type.String(), Type.Unknown())),
  finding: maybe(Type.String({ maxLength: 200 })),
};

/** Body of `POST /api/response/plan`: what the finding does not say stands in the target. */
export const PlanBody = Type.Object(wanted);
export type PlanBody = Static<typeof PlanBody>;

/** Answer of `POST /api/response/plan`. */
export interface PlanAnswer {
  readonly kind: string;
  readonly target: object;
  readonly plan: ActionPlan;
}

/** Body of `POST /api/response/run`. */
export const RunBody = Type.Object({
  ...wanted,
  lasts,
  why: maybe(Type.String({ maxLength: 2_000 })),
  operator,
});
export type RunBody = Static<typeof RunBody>;

/** Path parameters. */
export const UidParams = Type.Object({ uid: Type.String({ minLength: 1, maxLength: 100 }) });
export const NameParams = Type.Object({ name: Type.String({ minLength: 1, maxLength: 100 }) });

/** Body of `POST …/undo` and `…/approve`. */
export const OperatorBody = Type.Object({ operator });
export type OperatorBody = Static<typeof OperatorBody>;

/** Body of `POST /api/response/actions/:uid/extend`; without `lasts`, it stands until it is undone. */
export const ExtendBody = Type.Object({ lasts, operator });
export type ExtendBody = Static<typeof ExtendBody>;

/** Answer of `GET /api/response/playbooks`. */
export interface PlaybooksAnswer {
  readonly playbooks: readonly PlaybookItem[];
  readonly troubles: readonly Bilingual[];
  readonly runs: readonly RunItem[];
}

/** Body of `POST /api/response/playbooks/:name/run`. */
export const PlaybookBody = Type.Object({
  finding: Type.String({ minLength: 1, maxLength: 200 }),
  inputs: maybe(Type.Record(Type.String(), Type.String({ maxLength: 1_000 }))),
  dry_run: maybe(Type.Boolean()),
  operator,
});
export type PlaybookBody = Static<typeof PlaybookBody>;

/** Answer of `POST /api/response/playbooks/:name/run`. */
export interface PlaybookAnswer {
  readonly playbook: string;
  readonly dry_run?: readonly DryStepItem[];
  readonly run?: RunItem;
}
