/** One incident while it is open: what belongs to it, and the incident that this makes. */
import {
  type Affected,
  type Attack,
  type Bilingual,
  type Incident,
  product,
  type StoryStep,
} from '@redoubt/model';
import { affectedBy } from './affected.ts';
import type { Names } from './correlate/directory.ts';
import { begun, type Handling, handlingAttributes, isOpen, joined } from './handling.ts';
import type { AroundEvent, Member } from './member.ts';
import { scoreOf } from './score.ts';
import { tell } from './story/story.ts';
import { inChainOrder } from './story/tactics.ts';

/** Findings whose facts an incident keeps; further ones are counted. */
export const memberLimit = 1_000;
/** Events kept of what was around the findings. */
const aroundLimit = 20;
/** Accounts and hosts named in a title. */
const namesInTitle = 3;

/** An open incident. */
export class Case {
  readonly uid: string;
  /** When the incident was made, milliseconds since the Unix epoch. */
  readonly created: number;
  handling: Handling;
  readonly mergedFrom: string[] = [];
  /** Whether it has been told of. */
  published = false;
  /** First event when the record was asked for what came before it. */
  askedFrom: number | undefined;
  /** Counts of the counted findings when the record was asked for their events. */
  readonly asked = new Map<string, number>();
  readonly #members = new Map<string, Member>();
  readonly #around = new Map<string, AroundEvent>();
  #uncounted = 0;

  constructor(uid: string, created: number, handling: Handling = begun(created)) {
    this.uid = uid;
    this.created = created;
    this.handling = handling;
  }

  /** Its findings, the first first. */
  get members(): Member[] {
    return [...this.#members.values()].sort((a, b) => a.first - b.first || (a.uid < b.uid ? -1 : 1));
  }

  /** How many findings it has. */
  get size(): number {
    return this.#members.size + this.#uncounted;
  }

  /** Highest severity of its findings. */
  get severity(): number {
    let highest = 0;
    for (const { severity } of this.#members.values()) highest = Math.max(highest, severity);
    return highest;
  }

  /** Time of its last event. */
  get last(): number {
    let last = Number.NEGATIVE_INFINITY;
    for (const member of this.#members.values()) last = Math.max(last, member.last);
    return last;
  }

  /** Takes a finding in, or a later state of one. */
  take(member: Member): void {
    if (this.#members.has(member.uid) || this.#members.size < memberLimit)
      this.#members.set(member.uid, member);
    else this.#uncounted++;
  }

  /** Takes in an event around the findings. @returns whether it is new */
  addEvent(key: string, event: AroundEvent): boolean {
    if (this.#around.has(key) || this.#around.size >= aroundLimit) return false;
    this.#around.set(key, event);
    return true;
  }

  /** Takes another, younger incident in whole. */
  absorb(younger: Case, now: number): void {
    for (const member of younger.#members.values()) this.take(member);
    for (const [key, event] of younger.#around) this.addEvent(key, event);
    this.#uncounted += younger.#uncounted;
    this.mergedFrom.push(...younger.mergedFrom, younger.uid);
    this.handling = joined(this.handling, younger.handling, younger.uid, now);
  }

  /**
   * The incident.
   * @param now when it is told, milliseconds since the Unix epoch
   * @param into uid of the incident that this one became part of
   */
  toIncident(now: number, names: Names, into?: string): Incident {
    const { members } = this;
    const around = [...this.#around.values()];
    const { steps, total } = tell(members, around, names);
    const affected = affectedBy(members, names);
    const score = scoreOf(members, affected);
    const title = titleOf(members, affected);
    const closed = into !== undefined || !isOpen(this.handling.status);
    const activity_id = closed ? 3 : this.published ? 2 : 1;
    return {
      class_uid: 2005,
      category_uid: 2,
      activity_id,
      type_uid: 200_500 + activity_id,
      time: now,
      severity_id: this.severity,
      ...handlingAttributes(into === undefined ? this.handling : { ...this.handling, status: 5 }),
      priority_id: score.value >= 75 ? 4 : score.value >= 50 ? 3 : score.value >= 25 ? 2 : 1,
      message: title.en,
      count: Math.max(1, this.size),
      start_time: Math.min(...members.map(member => member.first), ...around.map(event => event.time)),
      end_time: this.last,
      attacks: differentAttacks(members),
      metadata: { version: '1.6.0', product, uid: this.uid },
      finding_info_list: members.map(member => ({
        uid: member.uid,
        title: member.title.en,
        created_time: member.created,
        first_seen_time: member.first,
        last_seen_time: member.last,
      })),
      redoubt: {
        title,
        created_time: this.created,
        story: steps,
        ...(total > steps.length ? { steps_left_out: total - steps.length } : {}),
        score,
        affected,
        tactics: inChainOrder(members.flatMap(member => member.attacks.map(attack => attack.tactic))),
        comments: [...this.handling.comments],
        history: [...this.handling.history],
        merged_from: [...this.mergedFrom],
        ...(into === undefined ? {} : { merged_into: into }),
      },
    };
  }
}

/** The events of a stored story, which no finding can tell again. */
export function eventsOfStory(story: readonly StoryStep[]): AroundEvent[] {
  return story
    .filter(step => step.findings.length === 0)
    .map(({ time, text, host }) => ({ time, text, host }));
}

function differentAttacks(members: readonly Member[]): Attack[] {
  const attacks = new Map<string, Attack>();
  for (const attack of members.flatMap(member => member.attacks)) {
    attacks.set(`${attack.tactic.uid} ${attack.technique?.uid ?? ''}`, attack);
  }
  return [...attacks.values()];
}

/** What the gravest finding says, who did it and where. */
function titleOf(members: readonly Member[], affected: readonly Affected[]): Bilingual {
  const gravest = members.reduce<Member | undefined>(
    (found, member) => (found === undefined || member.severity > found.severity ? member : found),
    undefined,
  );
  if (gravest === undefined) return { en: 'Incident', zh: '安全事件' };
  const names = (type: Affected['type']): string[] =>
    affected
      .filter(entry => entry.type === type)
      .map(entry => entry.name)
      .slice(0, namesInTitle);
  const [accounts, hosts] = [names('account'), names('host')];
  const others = new Set(members.map(member => member.rule)).size - 1;
  const en = [gravest.title.en];
  const zh = [gravest.title.zh];
  if (others > 0) {
    en.push(` and ${others} more ${others === 1 ? 'kind of finding' : 'kinds of findings'}`);
    zh.push(`等 ${others + 1} 类告警`);
  }
  const who = [accounts.join(', '), hosts.length > 0 ? `on ${hosts.join(', ')}` : '']
    .filter(Boolean)
    .join(' ');
  const whoZh = [accounts.join('、'), hosts.length > 0 ? `主机 ${hosts.join('、')}` : '']
    .filter(Boolean)
    .join('，');
  if (who !== '') {
    en.push(` — ${who}`);
    zh.push(`（${whoZh}）`);
  }
  return { en: en.join(''), zh: zh.join('') };
}
