/** OCSF Detection Finding (2004): a judgement, with reasons that a person can check. */

import { Device, Endpoint, File, Process } from './event/objects.ts';
import { type Static, Type } from './schema.ts';

const maybe = Type.Optional;

/** A text in both languages of the product. */
export const Bilingual = Type.Object({ en: Type.String(), zh: Type.String() });
export type Bilingual = Static<typeof Bilingual>;

/** One fact that the judgement rests on: which attribute held which value, and why that matters. */
export const Reason = Type.Object({
  field: Type.String({ description: 'OCSF attribute path, or the name of a counter' }),
  value: Type.String({ description: 'what it was' }),
  text: Bilingual,
});
export type Reason = Static<typeof Reason>;

/** OCSF `attack`: MITRE ATT&CK tactic and technique. */
export const Attack = Type.Object({
  tactic: Type.Object({ uid: Type.String(), name: Type.String() }),
  technique: maybe(Type.Object({ uid: Type.String(), name: Type.String() })),
});
export type Attack = Static<typeof Attack>;

/** OCSF `evidences` entry: what the finding is about. */
export const Evidence = Type.Object({
  process: maybe(Process),
  file: maybe(File),
  src_endpoint: maybe(Endpoint),
  dst_endpoint: maybe(Endpoint),
  event: maybe(Type.Unknown({ description: 'the OCSF event that completed the match' })),
});
export type Evidence = Static<typeof Evidence>;

/** OCSF `status_id` of a finding. */
export const findingStatus = { new: 1, inProgress: 2, suppressed: 3, resolved: 4 } as const;

/** A finding. Extensions to OCSF stand under `redoubt`. */
export const Finding = Type.Object({
  class_uid: Type.Literal(2004),
  category_uid: Type.Literal(2),
  activity_id: Type.Integer({ description: '1 create, 2 update, 3 close' }),
  type_uid: Type.Integer(),
  time: Type.Integer({ description: 'when the finding was made, milliseconds since the Unix epoch' }),
  severity_id: Type.Integer({ minimum: 0, maximum: 6 }),
  status_id: Type.Integer({ description: '1 new, 2 in progress, 3 suppressed, 4 resolved' }),
  message: Type.String(),
  comment: maybe(Type.String({ description: 'what the person who set the status wrote' })),
  count: Type.Integer({ minimum: 1, description: 'how many matching events this finding stands for' }),
  metadata: Type.Object({
    version: Type.Literal('1.6.0'),
    product: Type.Object({ name: Type.String(), vendor_name: Type.String(), version: maybe(Type.String()) }),
    uid: Type.String(),
  }),
  device: maybe(Device),
  finding_info: Type.Object({
    uid: Type.String({ description: 'id of the finding' }),
    title: Type.String({ description: 'English title' }),
    desc: maybe(Type.String()),
    analytic: Type.Object({
      uid: Type.String({ description: 'rule id' }),
      name: Type.String(),
      type_id: Type.Integer({ description: '1 rule, 2 behavioural, 3 statistical, 4 learning' }),
      version: maybe(Type.String()),
    }),
    attacks: Type.Array(Attack),
    created_time: Type.Integer(),
    first_seen_time: Type.Integer({ description: 'time of the first matching event' }),
    last_seen_time: Type.Integer({ description: 'time of the last matching event' }),
  }),
  evidences: Type.Array(Evidence, { minItems: 1 }),
  compliance: maybe(
    Type.Object({
      standards: Type.Array(Type.String()),
      requirements: Type.Array(Type.String({ description: 'clause, e.g. 8.1.4.4' })),
    }),
  ),
  redoubt: Type.Object({
    title: Bilingual,
    description: Bilingual,
    reasons: Type.Array(Reason, { minItems: 1 }),
    advice: maybe(Bilingual),
    false_positives: maybe(Bilingual),
    dedup_key: Type.String({ description: 'findings with the same key are one finding, counted' }),
  }),
});
export type Finding = Static<typeof Finding>;
