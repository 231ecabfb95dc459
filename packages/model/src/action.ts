/** Action: a response to something bad, with what undoes it. */
import { Bilingual } from './finding.ts';
import { type Static, Type } from './schema.ts';

const maybe = Type.Optional;

/**
 * Where an action stands. `begun`: written down, perhaps half in force. `done`: in force. `failed`: it could not be
 * done, and what was done of it is taken back. `undoing`: being taken back. `undone`: taken back.
 */
export const actionStatuses = ['begun', 'done', 'failed', 'undoing', 'undone'] as const;
export const ActionStatus = Type.Enum(actionStatuses);
export type ActionStatus = (typeof actionStatuses)[number];

/** One action. Times are milliseconds since the Unix epoch. */
export const Action = Type.Object({
  uid: Type.String(),
  kind: Type.String({ description: 'isolate-host, kill-tree, block-address …' }),
  key: Type.String({ description: 'what it is done to; one action of a kind and key stands at a time' }),
  target: Type.Unknown({ description: 'as the kind takes it' }),
  status: ActionStatus,
  text: Bilingual,
  by: Type.String({ description: 'on whose word' }),
  why: maybe(Type.String()),
  created: Type.Integer(),
  until: maybe(Type.Integer({ description: 'when it is undone by itself' })),
  ended: maybe(Type.Integer({ description: 'when it failed or was undone' })),
  can_undo: Type.Boolean(),
  error: maybe(Bilingual),
  run: maybe(Type.String({ description: 'the run of a playbook that it belongs to' })),
});
export type Action = Static<typeof Action>;

/** What an action would do, for a person who decides. */
export const ActionPlan = Type.Object({
  does: Type.Array(Bilingual, { description: 'what happens' }),
  leaves: Type.Array(Bilingual, { description: 'what stays open, and what it does not reach' }),
  undo: Bilingual,
});
export type ActionPlan = Static<typeof ActionPlan>;
