/** Analysis sandboxes: something is handed in, and after a while there is a report on what it did. */
import type { Bilingual, Finding } from '@redoubt/model';
import type { Judged } from '../verdict.ts';

/** A file to be analysed. */
export interface Sample {
  /** Absolute path. */
  readonly path: string;
  /** Words for the program; `{}` stands for the file. Local sandboxes only. */
  readonly args?: readonly string[];
}

/** One thing that a sample did, or one sign that a sandbox saw. */
export interface Observation {
  /** Stable name of its kind, such as `process.exec` or a signature of the sandbox. */
  readonly kind: string;
  readonly text: Bilingual;
  /** How often. */
  readonly count: number;
}

/** What came out of an analysis. */
export interface SandboxReport {
  readonly sandbox: string;
  readonly judged: Judged;
  /** 0 to 100. */
  readonly score: number;
  readonly observations: readonly Observation[];
  /** Findings of our own rules; empty for sandboxes of others. */
  readonly findings: readonly Finding[];
  /** Observations that were left out to bound the report. */
  readonly omitted: number;
  /** How it ended, and what limited it. */
  readonly notes: readonly Bilingual[];
}

/** Where an analysis stands. */
export type SandboxState =
  | { readonly state: 'waiting' | 'running' }
  | { readonly state: 'done'; readonly report: SandboxReport }
  | { readonly state: 'failed'; readonly why: Bilingual };

/** A sandbox. */
export interface Sandbox {
  /** Short and stable: `local`, `cape`. */
  readonly name: string;
  /** Hands a file in. @returns the id by which to ask for it @throws Error naming what is wrong */
  submit(sample: Sample): Promise<string>;
  /** Where an analysis stands. @throws Error when the sandbox cannot be asked or knows no such id */
  poll(id: string): Promise<SandboxState>;
  /** Ends everything that runs. */
  close?(): Promise<void>;
}

/**
 * Hands a file in and waits for its report.
 * @param every milliseconds between two questions
 * @param signal ends the waiting
 * @throws Error when the analysis fails, naming why
 */
export async function analysed(
  sandbox: Sandbox,
  sample: Sample,
  { every = 1_000, signal }: { every?: number; signal?: AbortSignal } = {},
): Promise<SandboxReport> {
  const id = await sandbox.submit(sample);
  for (;;) {
    const answer = await sandbox.poll(id);
    if (answer.state === 'done') return answer.report;
    if (answer.state === 'failed') throw new Error(answer.why.en);
    signal?.throwIfAborted();
    await new Promise(resolve => setTimeout(resolve, every));
  }
}
