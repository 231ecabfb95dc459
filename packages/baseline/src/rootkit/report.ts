/** What a check of the kernel says: findings of its own form, views that were compared, and what could not be looked at. */
import type { Bilingual, Reason } from '@redoubt/model';

/** Something that the check found. */
export interface RootkitFinding {
  /** Stable identity: `hidden-process:4711`. */
  readonly key: string;
  /** OCSF `severity_id`, 1 to 5. */
  readonly severity: number;
  readonly title: Bilingual;
  readonly reasons: readonly Reason[];
  readonly tags: readonly string[];
  readonly mlps: readonly string[];
  readonly advice?: Bilingual;
  /** Process that it is about. */
  readonly pid?: number;
}

/** How one part of the check went. */
export interface RootkitView {
  /** `processes/proc`, `modules/kallsyms`, `taint`. */
  readonly name: string;
  readonly title: Bilingual;
  /** `skipped` with the reason in `text`; nothing was looked at then. */
  readonly state: 'looked' | 'skipped';
  /** What was seen, in words. */
  readonly text: Bilingual;
  /** How many things were seen. */
  readonly count?: number;
}

/** What one part of the check gives. */
export interface PartReport {
  readonly views: readonly RootkitView[];
  readonly findings: readonly RootkitFinding[];
}

/** The whole check. */
export interface RootkitReport extends PartReport {
  /** Milliseconds that it took. */
  readonly milliseconds: number;
  /** Kernel release. */
  readonly kernel: string;
}

/** Clauses of GB/T 22239-2019 for what hides in the kernel: intrusion prevention, malicious code, trusted verification. */
export const kernelClauses = ['8.1.4.4', '8.1.4.5', '8.1.4.6'] as const;

export const looked = (name: string, title: Bilingual, count: number, text: Bilingual): RootkitView => ({
  name,
  title,
  state: 'looked',
  count,
  text,
});

export const skipped = (name: string, title: Bilingual, text: Bilingual): RootkitView => ({
  name,
  title,
  state: 'skipped',
  text,
});

/** A failure in words. */
export function failureText(error: unknown): Bilingual {
  const message = error instanceof Error ? error.message : String(error);
  return { en: message, zh: `失败：${message}` };
}
