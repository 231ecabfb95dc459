/** Findings that nobody has dealt with yet, counted. */
import { type Finding, findingStatus } from '@redoubt/model';

/** Counts findings that are new or in progress. Repeats of one finding (same dedup key) count once. */
export class OpenFindings {
  readonly #severities = new Map<string, number>();

  /** @param findings those that are open from earlier runs */
  constructor(findings: readonly Finding[]) {
    for (const finding of findings) this.follow(finding);
  }

  /** Follows a finding, new or changed. */
  follow(finding: Finding): void {
    const key = finding.redoubt.dedup_key;
    const isOpen = finding.status_id === findingStatus.new || finding.status_id === findingStatus.inProgress;
    if (isOpen) this.#severities.set(key, finding.severity_id);
    else this.#severities.delete(key);
  }

  /** How many are open. */
  get count(): number {
    return this.#severities.size;
  }

  /** How many are open, by `severity_id`. */
  bySeverity(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const severity of this.#severities.values()) counts[severity] = (counts[severity] ?? 0) + 1;
    return counts;
  }
}
