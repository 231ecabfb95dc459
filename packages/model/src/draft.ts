/** Making findings whose class, type and identity always agree, whatever part of Redoubt judges. */
import { attacksOf } from './attack/attack.ts';
import { product } from './event/build.ts';
import type { Device } from './event/objects.ts';
import type { Bilingual, Evidence, Finding, Reason } from './finding.ts';

/** OCSF `analytic.type_id`: how a judgement is reached. */
export const analyticType = { rule: 1, behavioural: 2, statistical: 3, learning: 4, fingerprint: 5 } as const;

/** The clauses of findings are those of this standard. */
const mlps = 'MLPS 2.0 (GB/T 22239-2019)';

/** What a judgement says; everything else of a finding follows from it. */
export interface FindingDraft {
  /** What judged: a stable id and its English name. */
  readonly analytic: { readonly uid: string; readonly name: string; readonly type_id?: number };
  readonly title: Bilingual;
  readonly description: Bilingual;
  /** `severity_id` of OCSF: 1 informational to 5 critical. */
  readonly severity: number;
  /** At least one; in words a person can check. */
  readonly reasons: readonly Reason[];
  readonly evidences: readonly Evidence[];
  /** Findings with the same key are one finding, counted. */
  readonly dedupKey: string;
  /** Sigma tags that name ATT&CK tactics and techniques: `attack.persistence`, `attack.t1543.002`. */
  readonly tags?: readonly string[];
  /** Clauses of GB/T 22239-2019, such as `8.1.4.4`. */
  readonly mlps?: readonly string[];
  readonly advice?: Bilingual;
  readonly falsePositives?: Bilingual;
  readonly device?: Device;
  /** When what it judges began and ended, milliseconds since the Unix epoch; `now` by default. */
  readonly firstSeen?: number;
  readonly lastSeen?: number;
  /** How many observations it stands for; 1 by default. */
  readonly count?: number;
}

/**
 * The new finding (OCSF 2004, activity 1) of a judgement.
 * @param now when the finding is made, milliseconds since the Unix epoch
 */
export function draftFinding(draft: FindingDraft, now = Date.now()): Finding {
  const uid = crypto.randomUUID();
  const { analytic, title, description, mlps: clauses = [], advice, falsePositives } = draft;
  return {
    class_uid: 2004,
    category_uid: 2,
    activity_id: 1,
    type_uid: 200_401,
    time: now,
    severity_id: draft.severity,
    status_id: 1,
    message: title.en,
    count: draft.count ?? 1,
    metadata: { version: '1.6.0', product, uid },
    ...(draft.device === undefined ? {} : { device: draft.device }),
    finding_info: {
      uid,
      title: title.en,
      desc: description.en,
      analytic: { type_id: analyticType.rule, ...analytic },
      attacks: attacksOf(draft.tags ?? []),
      created_time: now,
      first_seen_time: draft.firstSeen ?? now,
      last_seen_time: draft.lastSeen ?? now,
    },
    evidences: [...draft.evidences],
    ...(clauses.length === 0 ? {} : { compliance: { standards: [mlps], requirements: [...clauses] } }),
    redoubt: {
      title,
      description,
      reasons: [...draft.reasons],
      ...(advice === undefined ? {} : { advice }),
      ...(falsePositives === undefined ? {} : { false_positives: falsePositives }),
      dedup_key: draft.dedupKey,
    },
  };
}
