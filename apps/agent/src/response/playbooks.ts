/** Playbooks and their runs as the API gives them. Times and lengths are milliseconds. */
import type { ActionPlan, Bilingual } from '@redoubt/model';

/** Who must agree before a step is taken, and how long there is for it. */
export interface ApprovalItem {
  readonly people: number;
  readonly within: number;
}

/** A step of a playbook. */
export interface PlaybookStepItem {
  readonly name: string;
  /** Kind of action. */
  readonly action: string;
  /** Texts that begin with `$finding.` or `$input.` are filled in when a run starts. */
  readonly target: Readonly<Record<string, unknown>>;
  /** After which it is undone by itself. */
  readonly lasts?: number;
  readonly approval?: ApprovalItem;
  /** Its failure ends nothing. */
  readonly optional: boolean;
}

/** A playbook. */
export interface PlaybookItem {
  readonly name: string;
  readonly title: Bilingual;
  readonly description: Bilingual;
  readonly when: {
    readonly rules: readonly string[];
    readonly techniques: readonly string[];
    /** OCSF severity, at least. */
    readonly severity: number;
  };
  /** Starts by itself on a finding that it is for. */
  readonly automatic: boolean;
  readonly onFailure: 'undo' | 'keep';
  /** Runs that may start by themselves in an hour. */
  readonly runsPerHour: number;
  readonly steps: readonly PlaybookStepItem[];
  readonly file: string;
  readonly isShipped: boolean;
}

/** A step of a run. */
export interface RunStepItem extends Omit<PlaybookStepItem, 'target'> {
  /** As it was filled in. */
  readonly target: object;
  readonly status: 'pending' | 'done' | 'failed';
  /** Grows where a crash has cut the action short. */
  readonly attempt: number;
  /** The action that was done for it. */
  readonly uid?: string;
  readonly approvals: readonly { readonly by: string; readonly time: number }[];
  /** When the time to agree is over. */
  readonly deadline?: number;
  readonly error?: Bilingual;
}

/** A run of a playbook. */
export interface RunItem {
  readonly uid: string;
  readonly playbook: string;
  readonly title: Bilingual;
  readonly finding: string;
  readonly by: string;
  readonly created: number;
  readonly status: 'running' | 'waiting' | 'done' | 'undoing' | 'failed' | 'expired' | 'undone';
  readonly onFailure: 'undo' | 'keep';
  readonly steps: readonly RunStepItem[];
  readonly error?: Bilingual;
}

/** A step as it would be: its plan, or why it could not be taken. */
export interface DryStepItem {
  readonly name: string;
  readonly action: string;
  readonly target?: object;
  readonly plan?: ActionPlan;
  readonly error?: Bilingual;
  readonly approval?: ApprovalItem;
  readonly lasts?: number;
}
