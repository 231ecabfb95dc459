/** Policy: what should be on a host, and how far its protection goes: its rung on the ladder. */
import { Bilingual } from './finding.ts';
import { type Static, Type } from './schema.ts';

const maybe = Type.Optional;
const count = (of: string) => Type.Integer({ minimum: 0, description: of });
const time = (of: string) => Type.Integer({ description: `${of}, milliseconds since the Unix epoch` });

/** The rungs, from the one that only looks to the one that blocks. */
export const rungs = ['observe', 'audit', 'enforce'] as const;

/**
 * How far a protection goes. `observe` learns and changes nothing; `audit` reports what would be blocked and blocks
 * nothing; `enforce` blocks.
 */
export const Rung = Type.Enum(rungs);
export type Rung = (typeof rungs)[number];

/** Whether one rung goes further than the other. */
export function isAbove(one: Rung, other: Rung): boolean {
  return rungs.indexOf(one) > rungs.indexOf(other);
}

/** A policy as it stands: a rung, and the settings that the protection itself understands. */
export const Policy = Type.Object({
  rung: Rung,
  settings: Type.Unknown({ description: 'as the protection describes them' }),
});
export interface Policy<Settings = unknown> {
  readonly rung: Rung;
  readonly settings: Settings;
}

/** One thing that a step would change in the system. */
export const PlannedChange = Type.Object({
  kind: Type.Enum(['add', 'change', 'remove', 'keep']),
  text: Bilingual,
});
export type PlannedChange = Static<typeof PlannedChange>;

/** Recorded events that would have been blocked, alike in what a person would decide about. */
export const ImpactGroup = Type.Object({
  key: Type.String({ description: 'what they have in common, stable' }),
  subject: Bilingual,
  count: count('events'),
  first_time: time('first of them'),
  last_time: time('last of them'),
  sequence: maybe(Type.Integer({ description: 'number of one of them in the record' })),
  proposal: maybe(Bilingual),
  rule: maybe(Type.Unknown({ description: 'the rule that the proposal means, as the settings take it' })),
});
export type ImpactGroup = Static<typeof ImpactGroup>;

/** What would have been blocked in a past period. */
export const Impact = Type.Object({
  from: time('begin of the period'),
  to: time('end of the period'),
  examined: count('events that the policy was applied to'),
  blocked: count('of these, those that would have been blocked'),
  groups: Type.Array(ImpactGroup, { description: 'the largest first' }),
  more_groups: count('groups beyond those listed'),
  unreadable: count('events of the period that are damaged and could not be judged'),
  limits: Type.Array(Bilingual, { description: 'what the record cannot tell about this policy' }),
});
export type Impact = Static<typeof Impact>;

/** Whether a protection does what its policy says, without harm. */
export const Health = Type.Object({
  healthy: Type.Boolean(),
  reasons: Type.Array(Bilingual, { description: 'what is wrong; empty when healthy' }),
});
export type Health = Static<typeof Health>;
