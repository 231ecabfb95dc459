/** A match becomes an OCSF finding. */
import { randomUUID } from 'node:crypto';
import { type Event, type Evidence, type Finding, product, type Reason } from '@redoubt/model';
import type { Header, Level } from '../sigma/ast.ts';
import { attacksOf } from './attack.ts';

const severities: Readonly<Record<Level, number>> = {
  informational: 1,
  low: 2,
  medium: 3,
  high: 4,
  critical: 5,
};

/** What a finding is made from. */
export interface Match {
  readonly rule: Header;
  /** The event that completed the match, as OCSF; unknown when a restart lies between it and the judgement. */
  readonly event: Event | undefined;
  readonly reasons: readonly Reason[];
  readonly dedupKey: string;
  /** Event times, milliseconds since the Unix epoch. */
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** How many events the match rests on. */
  readonly events: number;
  /** Whether it comes from a correlation: statistical rather than by one event. */
  readonly correlated: boolean;
}

/**
 * The finding of a match.
 * @param now when the finding is made, milliseconds since the Unix epoch
 */
export function buildFinding(match: Match, now: number): Finding {
  const { rule, event } = match;
  const { extension } = rule;
  const uid = randomUUID();
  const description = rule.description ?? rule.title;
  return {
    class_uid: 2004,
    category_uid: 2,
    activity_id: 1,
    type_uid: 200_401,
    time: now,
    severity_id: severities[rule.level ?? 'medium'],
    status_id: 1,
    message: rule.title,
    count: match.events,
    metadata: { version: '1.6.0', product, uid },
    ...(event?.device === undefined ? {} : { device: event.device }),
    finding_info: {
      uid,
      title: rule.title,
      desc: description,
      analytic: { uid: rule.uid, name: rule.title, type_id: match.correlated ? 2 : 1 },
      attacks: attacksOf(rule.tags),
      created_time: now,
      first_seen_time: match.firstSeen,
      last_seen_time: match.lastSeen,
    },
    evidences: [event === undefined ? {} : evidenceOf(event)],
    ...(extension.mlps.length === 0
      ? {}
      : { compliance: { standards: ['MLPS 2.0 (GB/T 22239-2019)'], requirements: [...extension.mlps] } }),
    redoubt: {
      title: { en: rule.title, zh: extension.title_zh ?? rule.title },
      description: { en: description, zh: extension.description_zh ?? description },
      reasons: match.reasons.length > 0 ? [...match.reasons] : [anyEvent(event)],
      ...(extension.advice === undefined ? {} : { advice: extension.advice }),
      ...(extension.false_positives === undefined ? {} : { false_positives: extension.false_positives }),
      dedup_key: match.dedupKey,
    },
  };
}

/** What the finding is about: the whole process with its ancestry, and the other objects of the event. */
function evidenceOf(event: Event): Evidence {
  const { file, src_endpoint, dst_endpoint } = event;
  const process =
    event.metadata.event_code === 'process.exec' ? event.process : (event.actor?.process ?? event.process);
  return {
    ...(process === undefined ? {} : { process }),
    ...(file === undefined ? {} : { file }),
    ...(src_endpoint === undefined ? {} : { src_endpoint }),
    ...(dst_endpoint === undefined ? {} : { dst_endpoint }),
    event,
  };
}

/** A rule that only excludes has no line that holds: the event itself is the reason. */
function anyEvent(event: Event | undefined): Reason {
  const value = event?.metadata.event_code ?? 'unknown';
  const en = `An event of kind ${value} that nothing excuses`;
  return {
    field: 'metadata.event_code',
    value,
    text: { en, zh: `发生了没有任何例外可解释的 ${value} 事件` },
  };
}
