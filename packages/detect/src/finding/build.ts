/** A match becomes an OCSF finding. */
import {
  analyticType,
  draftFinding,
  type Event,
  type Evidence,
  type Finding,
  type Reason,
} from '@redoubt/model';
import type { Header, Level } from '../sigma/ast.ts';

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
  const description = rule.description ?? rule.title;
  return draftFinding(
    {
      analytic: {
        uid: rule.uid,
        name: rule.title,
        type_id: match.correlated ? analyticType.behavioural : analyticType.rule,
      },
      title: { en: rule.title, zh: extension.title_zh ?? rule.title },
      description: { en: description, zh: extension.description_zh ?? description },
      severity: severities[rule.level ?? 'medium'],
      reasons: match.reasons.length > 0 ? match.reasons : [anyEvent(event)],
      evidences: [event === undefined ? {} : evidenceOf(event)],
      dedupKey: match.dedupKey,
      tags: rule.tags,
      mlps: extension.mlps,
      firstSeen: match.firstSeen,
      lastSeen: match.lastSeen,
      count: match.events,
      ...(event?.device === undefined ? {} : { device: event.device }),
      ...(extension.advice === undefined ? {} : { advice: extension.advice }),
      ...(extension.false_positives === undefined ? {} : { falsePositives: extension.false_positives }),
    },
    now,
  );
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
