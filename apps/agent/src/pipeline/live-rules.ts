/** The rules in force, which can be replaced while events come in. */
import { createDetector, type Detector, describeProblem, RuleSet, type SourcedRecord } from '@redoubt/detect';
import type { EventView, Finding } from '@redoubt/model';
import type { Summary } from '../api/contract.ts';

/** What live rules are wired to. */
export interface LiveRulesParts {
  /** Folders to load from, asked for at each load. */
  readonly folders: () => readonly string[];
  readonly onFinding: (finding: Finding) => void;
}

/** A detector whose rules can be loaded anew. */
export class LiveRules {
  readonly #parts: LiveRulesParts;
  #detector: Detector;
  #counts: Summary['rules'];
  /** What correlations let go of before the rules were loaded anew. */
  #forgottenBefore = 0;
  #changesBefore = 0;

  private constructor(parts: LiveRulesParts, rules: RuleSet) {
    this.#parts = parts;
    this.#detector = createDetector(rules, { onFinding: parts.onFinding });
    this.#counts = countsOf(rules);
  }

  /** Loads the rules. Those that are refused are told on standard error. */
  static async load(parts: LiveRulesParts): Promise<LiveRules> {
    return new LiveRules(parts, await loadRules(parts.folders()));
  }

  /** Loads the rules anew; the correlations keep the events that they remember. */
  async reload(): Promise<void> {
    const rules = await loadRules(this.#parts.folders());
    const next = createDetector(rules, { onFinding: this.#parts.onFinding });
    this.#detector.flush();
    this.#forgottenBefore = this.#forgotten();
    this.#changesBefore = this.changes;
    next.restore(this.#detector.save());
    this.#detector = next;
    this.#counts = countsOf(rules);
  }

  get counts(): Summary['rules'] {
    const forgotten = this.#forgotten();
    return { ...this.#counts, ...(forgotten > 0 && { forgotten }) };
  }

  #forgotten(): number {
    const { groups, sightings, late } = this.#detector.losses;
    return this.#forgottenBefore + groups + sightings + late;
  }

  evaluate(view: EventView): void {
    this.#detector.evaluate(view);
  }

  evaluateRecord(record: SourcedRecord): void {
    this.#detector.evaluateRecord(record);
  }

  close(dedupKey: string): void {
    this.#detector.close(dedupKey);
  }

  flush(): void {
    this.#detector.flush();
  }

  /** Grows whenever the correlations have something else to keep. */
  get changes(): number {
    return this.#changesBefore + this.#detector.changes;
  }

  save(): ReturnType<Detector['save']> {
    return this.#detector.save();
  }

  restore(state: Parameters<Detector['restore']>[0]): void {
    this.#detector.restore(state);
  }
}

async function loadRules(folders: readonly string[]): Promise<RuleSet> {
  const rules = await RuleSet.load(folders);
  for (const problem of rules.report.refused) console.error(describeProblem(problem));
  return rules;
}

function countsOf({ report }: RuleSet): Summary['rules'] {
  return { loaded: report.loaded, refused: report.refused.length };
}
