/** OCSF Incident Finding (2005): findings and the events around them, told as one attack. */

import { Device, User } from './event/objects.ts';
import { Attack, Bilingual } from './finding.ts';
import { type Static, Type } from './schema.ts';

const maybe = Type.Optional;
const time = (description: string) =>
  Type.Integer({ description: `${description}, milliseconds since the Unix epoch` });

/** OCSF `status_id` of an incident; it differs from that of a finding. Nothing joins from `resolved` on. */
export const incidentStatus = { new: 1, inProgress: 2, onHold: 3, resolved: 4, closed: 5 } as const;

/** One step of the story: what was seen, in words. */
export const StoryStep = Type.Object({
  time: time('first event of the step'),
  end_time: maybe(time('last event of the step, where there are several')),
  text: Bilingual,
  tactic: maybe(Type.Object({ uid: Type.String(), name: Type.String() })),
  severity_id: Type.Integer({ minimum: 0, maximum: 6, description: 'of the finding; 1 for an event' }),
  count: Type.Integer({ minimum: 1, description: 'events that the step stands for' }),
  host: maybe(Type.String()),
  findings: Type.Array(Type.String({ description: 'uids of the findings; none for an event' })),
});
export type StoryStep = Static<typeof StoryStep>;

/** One part of the score, and why it is what it is. */
export const ScorePart = Type.Object({
  name: Type.Enum(['severity', 'tactics', 'assets', 'privilege', 'intelligence']),
  points: Type.Integer({ minimum: 0 }),
  max: Type.Integer({ minimum: 0 }),
  text: Bilingual,
});
export type ScorePart = Static<typeof ScorePart>;

/** Something or someone that the attack touched. */
export const Affected = Type.Object({
  type: Type.Enum(['host', 'container', 'account', 'service', 'address']),
  name: Type.String(),
  privileged: maybe(Type.Boolean({ description: 'an account that may do anything' })),
  findings: Type.Integer({ minimum: 0, description: 'how many findings name it' }),
});
export type Affected = Static<typeof Affected>;

/** What a person wrote. */
export const IncidentComment = Type.Object({
  time: time('when it was written'),
  author: Type.String(),
  text: Type.String(),
});
export type IncidentComment = Static<typeof IncidentComment>;

/** A change of an incident, by a person or by Redoubt itself. */
export const IncidentChange = Type.Object({
  time: time('when it was made'),
  author: Type.String({ description: 'who; "redoubt" for the program itself' }),
  what: Type.Enum(['created', 'status', 'owner', 'merged', 'suppressed']),
  from: maybe(Type.String({ description: 'status_id or owner before; uid of the incident merged in' })),
  to: maybe(Type.String({ description: 'status_id or owner after' })),
  reason: maybe(Type.String()),
});
export type IncidentChange = Static<typeof IncidentChange>;

/** An incident. Its id is `metadata.uid`; extensions to OCSF stand under `redoubt`. */
export const Incident = Type.Object({
  class_uid: Type.Literal(2005),
  category_uid: Type.Literal(2),
  activity_id: Type.Integer({ description: '1 create, 2 update, 3 close' }),
  type_uid: Type.Integer(),
  time: time('when the incident was last changed'),
  severity_id: Type.Integer({ minimum: 0, maximum: 6, description: 'the highest of its findings' }),
  status_id: Type.Integer({
    minimum: 1,
    maximum: 5,
    description: '1 new, 2 in progress, 3 on hold, 4 resolved, 5 closed',
  }),
  priority_id: Type.Integer({ minimum: 1, maximum: 4, description: '1 low … 4 critical, from the score' }),
  message: Type.String(),
  comment: maybe(Type.String({ description: 'what the person who set the status wrote' })),
  count: Type.Integer({ minimum: 1, description: 'findings' }),
  start_time: time('first event, also when it precedes the first finding'),
  end_time: time('last event'),
  assignee: maybe(User),
  attacks: Type.Array(Attack),
  device: maybe(Device),
  metadata: Type.Object({
    version: Type.Literal('1.6.0'),
    product: Type.Object({ name: Type.String(), vendor_name: Type.String(), version: maybe(Type.String()) }),
    uid: Type.String({ description: 'id of the incident' }),
  }),
  finding_info_list: Type.Array(
    Type.Object({
      uid: Type.String(),
      title: Type.String(),
      created_time: maybe(Type.Integer()),
      first_seen_time: Type.Integer(),
      last_seen_time: Type.Integer(),
    }),
    { description: 'the findings in the order of their events; the first 1,000' },
  ),
  redoubt: Type.Object({
    title: Bilingual,
    created_time: time('when the incident was made'),
    story: Type.Array(StoryStep, { description: 'in the order of the events' }),
    steps_left_out: maybe(Type.Integer({ description: 'steps beyond those that a story holds' })),
    score: Type.Object({
      value: Type.Integer({ minimum: 0, maximum: 100 }),
      parts: Type.Array(ScorePart),
    }),
    affected: Type.Array(Affected),
    tactics: Type.Array(Type.Object({ uid: Type.String(), name: Type.String() }), {
      description: 'ATT&CK tactics seen, in the order of the kill chain',
    }),
    comments: Type.Array(IncidentComment),
    history: Type.Array(IncidentChange),
    merged_from: Type.Array(Type.String({ description: 'uids of incidents that became part of this one' })),
    merged_into: maybe(Type.String({ description: 'uid of the incident that this one became part of' })),
  }),
});
export type Incident = Static<typeof Incident>;

/** A field of a finding and the value that it must have; `*` in the value stands for any text. */
export const SuppressionCondition = Type.Object({
  field: Type.String({ minLength: 1, maxLength: 200, description: 'e.g. evidences.process.file.path' }),
  value: Type.String({ minLength: 1, maxLength: 1000 }),
});
export type SuppressionCondition = Static<typeof SuppressionCondition>;

/** Findings that are wanted in the record but in no one's way, for a time and a reason. */
export const Suppression = Type.Object({
  uid: Type.String(),
  rule: maybe(Type.String({ description: 'rule id; any rule when absent' })),
  conditions: Type.Array(SuppressionCondition, { description: 'all must hold' }),
  reason: Type.String({ minLength: 1 }),
  author: Type.String(),
  created_time: time('when it was made'),
  expires_time: time('when it ends'),
  hits: Type.Integer({ minimum: 0, description: 'findings that it suppressed' }),
  last_hit_time: maybe(time('when it last suppressed one')),
});
export type Suppression = Static<typeof Suppression>;
