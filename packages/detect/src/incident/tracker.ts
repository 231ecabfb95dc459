/** Findings in, incidents out. */
import { randomUUID } from 'node:crypto';
import { type Event, type Finding, findingStatus, type Incident } from '@redoubt/model';
import { Case, eventsOfStory } from './case.ts';
import { Directory, type Learnt } from './correlate/directory.ts';
import type { KeyContext } from './correlate/keys.ts';
import { type Decision, decided, handlingOf, isOpen } from './handling.ts';
import { Inquiry } from './inquiry.ts';
import { grown, memberOf } from './member.ts';
import { type Entry, MemberIndex } from './member-index.ts';
import {
  type IncidentHistory,
  type IncidentStatistics,
  type IncidentTrackerOptions,
  settingsOf,
  type TrackerSettings,
} from './tracker-options.ts';

/** A clock ahead by more than this is wrong, milliseconds. */
const clockTolerance = 3_600_000;
/** Findings followed between two looks at what has grown old. */
const lookInterval = 256;
/** Findings of closed incidents that are remembered, so that a late word of one opens nothing. */
const closedLimit = 20_000;

/** Joins findings into incidents. */
export class IncidentTracker {
  readonly #settings: TrackerSettings;
  readonly #directory: Directory;
  readonly #context: KeyContext;
  readonly #index: MemberIndex;
  readonly #inquiry: Inquiry | undefined;
  readonly #cases = new Map<string, Case>();
  readonly #dirty = new Set<Case>();
  readonly #toldAt = new Map<Case, number>();
  readonly #closed = new Set<string>();
  #newest = Number.NEGATIVE_INFINITY;
  #followed = 0;
  #merges = 0;
  #late = 0;

  constructor(options: IncidentTrackerOptions) {
    this.#settings = settingsOf(options);
    this.#directory = new Directory(options.hosts);
    this.#context = {
      hubAddresses: new Set(options.hubAddresses ?? []),
      names: this.#directory,
    };
    this.#index = new MemberIndex(this.#settings, this.#settings.findings);
    this.#inquiry =
      options.events &&
      new Inquiry(options.events, {
        onStory: about => this.#change(about),
        onObjects: (member, objects) => {
          const entry = this.#index.find(member.uid);
          if (entry === undefined) return;
          this.#index.replace(entry, { ...entry.member, objects });
          this.#change(entry.of);
        },
        onError: this.#settings.onError,
      });
    if (options.history !== undefined) this.#restore(options.history);
  }

  /** Follows a finding, new or changed, after it was recorded. */
  follow(finding: Finding): void {
    const { uid } = finding.finding_info;
    if (finding.status_id >= findingStatus.suppressed) {
      // Someone has dealt with it: what is found next under its key is another one.
      this.#index.freeDedupKey(uid);
      return;
    }
    if (this.#closed.has(uid)) return;
    this.#apply(this.#directory.learn(finding));
    const member = memberOf(finding, this.#context);
    if (!this.#observeTime(member.last)) this.#late++;
    const known = this.#index.find(uid, member.dedupKey);
    if (known !== undefined) this.#index.replace(known, grown(known.member, member));
    const entry = known ?? this.#index.enter(member, this.#newCase());
    this.#join(entry);
    this.#tell(entry.of);
    this.#followed++;
    if (this.#index.isFull || this.#followed % lookInterval === 0) this.#forgetOld();
  }

  /**
   * Learns names from an event that no rule needs to find remarkable: which host has which address, and which
   * account a security identifier is. Meant for the events of kind `auth.*`.
   */
  observe(event: Event): void {
    this.#apply(this.#directory.observe(event));
  }

  /**
   * Carries out a person's decision about an open incident.
   * @returns the incident afterwards; undefined when it is not open here: then decide on the stored one
   */
  decide(uid: string, decision: Decision, author: string): Incident | undefined {
    const found = this.#cases.get(uid);
    if (found === undefined || !found.published) return undefined;
    found.handling = decided(found.handling, decision, author, this.#settings.now());
    const incident = this.#publish(found);
    if (!isOpen(found.handling.status)) this.#close(found);
    return incident;
  }

  /** Takes up an incident again that a person has opened anew, with its findings. */
  reopen(incident: Incident, findings: readonly Finding[]): void {
    if (!isOpen(incident.status_id) || this.#cases.has(incident.metadata.uid)) return;
    for (const { finding_info } of findings) this.#closed.delete(finding_info.uid);
    this.#adopt(incident, new Map(findings.map(finding => [finding.finding_info.uid, finding])));
  }

  /** The incidents that are open, as they are now. */
  incidents(): Incident[] {
    const now = this.#settings.now();
    return [...this.#cases.values()]
      .filter(one => one.published)
      .map(one => one.toIncident(now, this.#directory));
  }

  /** Tells of every change that was held back. Call it every second, and before the end. */
  flush(): void {
    this.#inquiry?.tick(this.#settings.now());
    for (const changed of [...this.#dirty]) this.#publish(changed);
  }

  /** Resolves when everything asked of the record so far is in the stories, and was told. */
  async settled(): Promise<void> {
    this.flush();
    await this.#inquiry?.settled();
    this.flush();
  }

  /** Counters since the start. */
  statistics(): IncidentStatistics {
    return {
      findings: this.#index.size,
      keys: this.#index.keys,
      open: this.#cases.size,
      merges: this.#merges,
      demotedKeys: this.#index.demotions,
      forgotten: this.#index.forgotten,
      late: this.#late,
    };
  }

  #newCase(): Case {
    const made = new Case(randomUUID(), this.#settings.now());
    this.#cases.set(made.uid, made);
    return made;
  }

  /** Brings the incidents of everything that a finding is tied to together. */
  #join(entry: Entry): void {
    for (const other of this.#index.tiedTo(entry)) if (other.of !== entry.of) this.#merge(entry.of, other.of);
  }

  #merge(one: Case, other: Case): void {
    const [older, younger] = isOlder(one, other) ? [one, other] : [other, one];
    const now = this.#settings.now();
    if (younger.published) {
      older.absorb(younger, now);
      this.#merges++;
      this.#settings.onIncident(younger.toIncident(now, this.#directory, older.uid));
    } else {
      // An incident that no one was told of leaves no trace.
      for (const member of younger.members) older.take(member);
    }
    this.#index.move(younger, older);
    this.#drop(younger);
    this.#dirty.add(older);
  }

  /** Findings that know something by its number only are tied by the name that is learnt of it. */
  #apply(learnt: readonly Learnt[]): void {
    for (const { holders, key } of learnt) {
      for (const entry of this.#index.holders(holders)) {
        if (entry.keys.some(({ text }) => text === key.text)) continue;
        this.#index.replace(entry, { ...entry.member, keys: [...entry.keys, key] });
        this.#join(entry);
        this.#dirty.add(entry.of);
      }
    }
  }

  #change(changed: Case): void {
    if (this.#cases.has(changed.uid)) this.#dirty.add(changed);
  }

  /** Tells of an incident now, or at `flush` when it was told of a moment ago. */
  #tell(changed: Case): void {
    const told = this.#toldAt.get(changed);
    if (told === undefined || this.#settings.now() - told >= this.#settings.interval) this.#publish(changed);
    else this.#dirty.add(changed);
  }

  #publish(changed: Case): Incident | undefined {
    this.#dirty.delete(changed);
    if (!changed.published && changed.severity < this.#settings.opensAt) return undefined;
    const now = this.#settings.now();
    const incident = changed.toIncident(now, this.#directory);
    changed.published = true;
    this.#toldAt.set(changed, now);
    this.#settings.onIncident(incident);
    this.#inquiry?.about(changed, now);
    return incident;
  }

  /** @returns whether a finding of this time is within the lateness */
  #observeTime(time: number): boolean {
    const believed = Math.min(time, this.#settings.now() + clockTolerance);
    this.#newest = Math.max(this.#newest, believed);
    return time >= this.#newest - this.#settings.strongWindow - this.#settings.lateness;
  }

  #forgetOld(): void {
    this.#index.forget(this.#newest - this.#settings.strongWindow - this.#settings.lateness);
    const held = this.#index.cases();
    for (const one of this.#cases.values()) {
      if (held.has(one)) continue;
      if (this.#dirty.has(one)) this.#publish(one);
      this.#drop(one);
    }
  }

  #close(closed: Case): void {
    for (const { uid } of closed.members) {
      this.#closed.add(uid);
      const [oldest] = this.#closed;
      if (this.#closed.size > closedLimit && oldest !== undefined) this.#closed.delete(oldest);
    }
    this.#index.removeAllOf(closed);
    this.#drop(closed);
  }

  #drop(gone: Case): void {
    this.#cases.delete(gone.uid);
    this.#dirty.delete(gone);
    this.#toldAt.delete(gone);
    this.#inquiry?.drop(gone);
  }

  #restore({ incidents, findings }: IncidentHistory): void {
    const byUid = new Map(findings.map(finding => [finding.finding_info.uid, finding]));
    for (const finding of findings) this.#directory.learn(finding);
    for (const incident of incidents) if (isOpen(incident.status_id)) this.#adopt(incident, byUid);
    const loose = findings.filter(({ finding_info }) => this.#index.find(finding_info.uid) === undefined);
    for (const finding of loose) this.follow(finding);
  }

  #adopt(incident: Incident, findings: ReadonlyMap<string, Finding>): void {
    const { metadata, redoubt } = incident;
    const adopted = new Case(metadata.uid, redoubt.created_time, handlingOf(incident));
    adopted.published = true;
    adopted.mergedFrom.push(...redoubt.merged_from);
    for (const event of eventsOfStory(redoubt.story)) {
      adopted.addEvent(`${event.time}|${event.text.en}`, event);
    }
    for (const { uid } of incident.finding_info_list) {
      const finding = findings.get(uid);
      if (finding === undefined || this.#index.find(uid) !== undefined) continue;
      const member = memberOf(finding, this.#context);
      this.#observeTime(member.last);
      this.#index.enter(member, adopted);
    }
    if (adopted.size === 0) return;
    adopted.askedFrom = adopted.members[0]?.first;
    this.#cases.set(adopted.uid, adopted);
  }
}

/** The incident that was made first; one that was told of is never given up for one that was not. */
function isOlder(one: Case, other: Case): boolean {
  if (one.published !== other.published) return one.published;
  return one.created === other.created ? one.uid < other.uid : one.created < other.created;
}

/** A tracker that joins findings into incidents. */
export function createIncidentTracker(options: IncidentTrackerOptions): IncidentTracker {
  return new IncidentTracker(options);
}
