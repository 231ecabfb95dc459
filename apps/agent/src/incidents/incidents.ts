/** Incidents of this agent: followed, kept, shown, decided on. */
import {
  createIncidentTracker,
  type Decision,
  type IncidentTracker,
  isOpen,
  type SuppressionRequest,
  Suppressions,
  withDecision,
} from '@redoubt/detect';
import { type Event, type Finding, findingStatus, type Incident, type Suppression } from '@redoubt/model';
import type { Reader, Recorder, StatusChange } from '@redoubt/store';
import { onBeat } from '../host/beat.ts';
import { incidentHistory } from './history.ts';
import { hubAddresses, ownHost } from './surroundings.ts';

/** What incidents need of the agent. */
export interface IncidentParts {
  reader: Reader;
  recorder: Pick<Recorder, 'flush' | 'saveIncident' | 'saveSuppression' | 'updateFinding'>;
  /** Told of each incident, new or changed. */
  onIncident: (incident: Incident) => void;
  /** Told of a finding whose status changed with its incident's. */
  onFinding: (finding: Finding) => void;
  /** Told of what went wrong and needs nobody's hand. */
  onError: (error: unknown) => void;
}

/** Follows findings, and carries out what people decide. */
export class Incidents {
  readonly suppressions: Suppressions;
  readonly #parts: IncidentParts;
  readonly #tracker: IncidentTracker;
  readonly #endBeat: () => void;

  /** Takes up what the record holds. */
  static async open(parts: IncidentParts): Promise<Incidents> {
    const now = Date.now();
    const history = await incidentHistory(parts.reader, now);
    return new Incidents(parts, history, parts.reader.incidents.suppressions(now));
  }

  private constructor(
    parts: IncidentParts,
    history: Awaited<ReturnType<typeof incidentHistory>>,
    suppressions: readonly Suppression[],
  ) {
    this.#parts = parts;
    const { reader, recorder } = parts;
    this.suppressions = new Suppressions(one => recorder.saveSuppression(one), suppressions);
    this.#tracker = createIncidentTracker({
      onIncident: incident => this.#tell(incident),
      history,
      events: async ({ kinds, from, to, wants, limit }) => {
        await recorder.flush();
        const events: Event[] = [];
        for await (const found of reader.events({ kinds, from, to, filter: wants, limit })) {
          events.push(found.toEvent());
        }
        return events;
      },
      onError: parts.onError,
      hubAddresses: hubAddresses(),
      hosts: ownHost(),
    });
    this.#endBeat = onBeat(() => this.flush());
  }

  /** The finding as it goes into the record: suppressed, when someone has asked for that. */
  suppress(finding: Finding): Finding {
    return this.suppressions.applyTo(finding);
  }

  /** Follows a finding after it was recorded. */
  follow(finding: Finding): void {
    this.#tracker.follow(finding);
  }

  /** Learns from an authentication event whose an address or an identifier is. */
  observe(event: Event): void {
    this.#tracker.observe(event);
  }

  /** Tells of everything that was held back. */
  flush(): void {
    this.#tracker.flush();
    this.suppressions.flush();
  }

  /** One incident, as it is now; of one that was merged, what it became part of. */
  async find(uid: string): Promise<Incident | undefined> {
    this.flush();
    await this.#parts.recorder.flush();
    return this.#parts.reader.incidents.find(uid);
  }

  /**
   * Carries out a decision. Closing an incident deals with its findings, so that what is found next is news.
   * @returns the incident afterwards; undefined when there is none
   */
  async decide(uid: string, decision: Decision, author: string): Promise<Incident | undefined> {
    const before = await this.find(uid);
    if (before === undefined) return undefined;
    const after =
      this.#tracker.decide(before.metadata.uid, decision, author) ??
      this.#decideOnStored(before, decision, author);
    if (isOpen(before.status_id) && !isOpen(after.status_id)) {
      const status = decision.type === 'suppress' ? findingStatus.suppressed : findingStatus.resolved;
      await this.#dealWithFindings(after, {
        status,
        ...(after.comment === undefined ? {} : { comment: after.comment }),
      });
    }
    return after;
  }

  /**
   * Suppresses what made an incident, and closes it. Without a rule or conditions: each of its rules, on the hosts
   * of its findings.
   * @throws SuppressionError when a suppression cannot be made
   */
  async suppressIncident(
    uid: string,
    request: SuppressionRequest,
  ): Promise<{ incident: Incident; suppressions: Suppression[] } | undefined> {
    const incident = await this.find(uid);
    if (incident === undefined) return undefined;
    const isSaid = request.rule !== undefined || (request.conditions?.length ?? 0) > 0;
    const requests = isSaid ? [request] : this.#requestsOf(incident, request);
    const suppressions = requests.map(one => this.suppressions.add(one));
    const decided = await this.decide(uid, { type: 'suppress', reason: request.reason }, request.author);
    return decided && { incident: decided, suppressions };
  }

  /** Tells and keeps what is left. */
  async close(): Promise<void> {
    this.#endBeat();
    await this.#tracker.settled();
    this.flush();
  }

  #tell(incident: Incident): void {
    this.#parts.recorder.saveIncident(incident);
    this.#parts.onIncident(incident);
  }

  #decideOnStored(before: Incident, decision: Decision, author: string): Incident {
    const after = withDecision(before, decision, author, Date.now());
    this.#tell(after);
    if (isOpen(after.status_id)) this.#tracker.reopen(after, this.#findingsOf(after));
    return after;
  }

  #findingsOf({ finding_info_list }: Incident): Finding[] {
    return finding_info_list.flatMap(({ uid }) => this.#parts.reader.finding(uid) ?? []);
  }

  async #dealWithFindings(incident: Incident, change: StatusChange): Promise<void> {
    const { reader, recorder, onFinding } = this.#parts;
    await recorder.flush();
    for (const { finding_info, status_id } of this.#findingsOf(incident)) {
      if (status_id >= findingStatus.suppressed) continue;
      await recorder.updateFinding(finding_info.uid, change);
      const changed = reader.finding(finding_info.uid);
      if (changed !== undefined) onFinding(changed);
    }
  }

  #requestsOf(incident: Incident, request: SuppressionRequest): SuppressionRequest[] {
    const requests = new Map<string, SuppressionRequest>();
    for (const { finding_info, device } of this.#findingsOf(incident)) {
      const rule = finding_info.analytic.uid;
      const value = device?.hostname;
      const conditions = value === undefined ? [] : [{ field: 'device.hostname', value }];
      requests.set(`${rule}|${value}`, { ...request, rule, conditions });
    }
    return [...requests.values()];
  }
}
