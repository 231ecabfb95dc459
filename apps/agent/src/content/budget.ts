/** Notices when new content makes more findings than its publisher thinks right. */
import { type Finding, findingStatus } from '@redoubt/model';

const hour = 3_600_000;

/** Counts new findings by rule over the last hour. */
export class FindingBudget {
  readonly #most: number;
  readonly #made = new Map<string, number[]>();

  /** @param most new findings an hour that one rule may make */
  constructor(most: number) {
    this.#most = most;
  }

  /** Counts a finding. @returns the rule that has gone over its budget with it, or undefined */
  add({ activity_id, finding_info, status_id, time }: Finding): string | undefined {
    if (activity_id !== 1 || status_id === findingStatus.suppressed) return undefined;
    const { uid } = finding_info.analytic;
    const recent = (this.#made.get(uid) ?? []).filter(at => at > time - hour);
    recent.push(time);
    this.#made.set(uid, recent);
    return recent.length > this.#most ? uid : undefined;
  }
}
