/** A finding as part of an incident. */
import type { Event, Finding } from '@redoubt/model';
import { type Key, type KeyContext, keysOf } from './correlate/keys.ts';
import type { Tied } from './correlate/postings.ts';
import { type Facts, factsOf } from './story/facts.ts';
import { objectOf } from './story/sentence.ts';

/** What is kept of a finding: enough to tie it and to tell it, not the evidence. */
export interface Member extends Tied {
  readonly uid: string;
  readonly dedupKey: string;
  readonly facts: Facts;
  readonly title: Finding['redoubt']['title'];
  readonly rule: string;
  readonly attacks: Finding['finding_info']['attacks'];
  readonly count: number;
  readonly created: number;
  readonly status: number;
  /** Things that it was done to. */
  readonly objects: readonly string[];
  /** The process and where its session began, for asking what came before. */
  readonly processes: readonly { readonly uid: string; readonly start: number | undefined }[];
}

/** Objects kept a finding. */
export const objectLimit = 50;

/** The member that a finding is. */
export function memberOf(finding: Finding, context: KeyContext): Member {
  const facts = factsOf(finding);
  const { finding_info: info } = finding;
  const objects = new Set<string>();
  for (const { event } of finding.evidences) {
    const object = objectOf(facts.kind, facts, event);
    if (object !== undefined && objects.size < objectLimit) objects.add(object);
  }
  const process = finding.evidences.find(evidence => evidence.process !== undefined)?.process;
  const chain = process === undefined ? [] : [process, ...(process.ancestry ?? [])];
  return {
    uid: info.uid,
    dedupKey: finding.redoubt.dedup_key,
    facts,
    title: finding.redoubt.title,
    rule: info.analytic.uid,
    attacks: info.attacks,
    count: finding.count,
    created: info.created_time,
    status: finding.status_id,
    severity: finding.severity_id,
    first: info.first_seen_time,
    last: info.last_seen_time,
    keys: keysOf(finding, facts, context),
    objects: [...objects],
    processes: chain.flatMap(({ uid, created_time }) =>
      uid === undefined ? [] : [{ uid, start: created_time }],
    ),
  };
}

/** A later state of a member: what it tells of, and ties by, only grows. */
export function grown(before: Member, next: Member): Member {
  const keys = new Map<string, Key>();
  for (const key of [...before.keys, ...next.keys]) keys.set(key.text, key);
  return {
    ...next,
    uid: before.uid,
    created: Math.min(before.created, next.created),
    severity: Math.max(before.severity, next.severity),
    count: before.uid === next.uid ? Math.max(before.count, next.count) : before.count + next.count,
    first: Math.min(before.first, next.first),
    last: Math.max(before.last, next.last),
    keys: [...keys.values()],
    objects: [...new Set([...before.objects, ...next.objects])].slice(0, objectLimit),
  };
}

/** An event that belongs to the story though no rule found it remarkable. */
export interface AroundEvent {
  readonly time: number;
  readonly text: { readonly en: string; readonly zh: string };
  readonly host: string | undefined;
}

/** What tells two events of the story apart. */
export function keyOfEvent({ time, metadata, user, process }: Event): string {
  return [time, metadata.event_code, metadata.sequence ?? '', user?.name ?? '', process?.uid ?? ''].join('|');
}
