/** A playbook: what to do when something is found, step by step, who must agree, and within which limits. */
import type { Bilingual, Finding } from '@redoubt/model';

export interface PlaybookStep {
  readonly name: string;
  /** Kind of action. */
  readonly action: string;
  /** Its target; texts that begin with `$finding.` or `$input.` are filled in when a run starts. */
  readonly target: Readonly<Record<string, unknown>>;
  /** Milliseconds after which it is undone by itself. */
  readonly lasts?: number;
  readonly approval?: Approval;
  /** Its failure ends nothing. */
  readonly optional: boolean;
}

/** Who must agree before a step is taken. */
export interface Approval {
  readonly people: number;
  /** Milliseconds to agree in; then the run ends. */
  readonly within: number;
}

export interface Playbook {
  readonly name: string;
  readonly title: Bilingual;
  readonly description: Bilingual;
  readonly when: {
    /** Ids of rules and ATT&CK techniques, one of which a finding must bear. */
    readonly rules: readonly string[];
    readonly techniques: readonly string[];
    /** OCSF severity, at least. */
    readonly severity: number;
  };
  /** Starts by itself on a finding that it is for; only in an operator's own copy. */
  readonly automatic: boolean;
  /** What becomes of the steps that were taken when one fails. */
  readonly onFailure: 'undo' | 'keep';
  /** Runs that may start by themselves in an hour. */
  readonly runsPerHour: number;
  readonly steps: readonly PlaybookStep[];
}

/** Whether a playbook is for a finding. */
export function isFor({ when }: Playbook, finding: Finding): boolean {
  if (finding.severity_id < when.severity) return false;
  const { analytic, attacks } = finding.finding_info;
  const techniques = attacks.flatMap(({ technique }) => technique?.uid ?? []);
  return (
    when.rules.includes(analytic.uid) ||
    when.techniques.some(one => techniques.some(uid => uid === one || uid.startsWith(`${one}.`)))
  );
}

/** Names of `$input.NAME` that must be given when a run starts. */
export function inputsOf({ steps }: Playbook): string[] {
  const found = new Set<string>();
  for (const step of steps)
    for (const value of Object.values(step.target).flat())
      if (typeof value === 'string' && value.startsWith('$input.')) found.add(value.slice('$input.'.length));
  return [...found];
}
