/** Measurements that run in processes of their own, so that none warms, fills or slows another. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { onCleanup } from '../lib/cleanup.ts';
import type { Platform } from './data/pack.ts';

/** Which rules: a part of the large pack, or all of our own. */
export type Rules = 'own' | { readonly pack: Platform; readonly count: number };

/** Where the events are: a file of JSON lines, or the state folder of an agent that recorded them. */
export type Events =
  | { readonly lines: string; readonly format?: 'winlogbeat' | 'ocsf' }
  | { readonly recorder: string; readonly only?: 'process.exec' };

/** What one process is to measure. */
export type Job =
  | { readonly type: 'rate'; readonly rules: Rules; readonly events: Events; readonly seconds: number }
  | { readonly type: 'same'; readonly rules: Rules; readonly events: Events; readonly sample: number }
  | { readonly type: 'hostile'; readonly rules: Rules; readonly lines: string }
  | { readonly type: 'memory'; readonly rules: Rules; readonly lines: string }
  | { readonly type: 'evtx'; readonly rules: Rules; readonly file: string; readonly seconds: number }
  | { readonly type: 'follow'; readonly folder: string; readonly seconds: number };

/** Events a second of processor time. */
export interface Rate {
  readonly perSecond: number;
  /** Of each round over all events, processor time. */
  readonly rounds: readonly number[];
  readonly events: number;
  /** Matches in one round. */
  readonly matches: number;
  readonly loadSeconds: number;
  /** The rule that took most of the time, and its part of all, 0 to 1. */
  readonly costliest: { readonly rule: string; readonly share: number } | undefined;
}

/** The compiled engine beside the plain evaluator, over the same events. */
export interface Same {
  readonly events: number;
  readonly matches: number;
  readonly plainPerSecond: number;
}

/** What texts cost that are made to be slow. */
export interface Hostile {
  /** Part of the time that one event in a hundred takes, each with a text of `bytes`. */
  readonly share: number;
  readonly bytes: number;
  /** The slowest of these events, milliseconds. */
  readonly slowest: number;
}

/** Memory of a process that holds the rules and judges a file. */
export interface Memory {
  /** Peak resident set, bytes: of everything, Node included. */
  readonly peak: number;
  /** Resident set before the rules were loaded. */
  readonly before: number;
}

/** Reading EVTX. */
export interface Evtx {
  readonly bytes: number;
  readonly records: number;
  readonly readPerSecond: number;
  readonly judgedPerSecond: number;
}

/** Following a log that is written fast. */
export interface Follow {
  readonly linesPerSecond: number;
  readonly written: number;
  readonly missing: number;
  readonly repeated: number;
  readonly rotations: number;
  /** Of one core, 0 to 1: reading, parsing and judging. */
  readonly cpu: number;
}

interface Outcomes {
  rate: Rate;
  same: Same;
  hostile: Hostile;
  memory: Memory;
  evtx: Evtx;
  follow: Follow;
}

/**
 * Runs a job in a process of its own.
 * @throws Error when it fails, after its own words on standard error
 */
export function runJob<T extends Job>(job: T): Promise<Outcomes[T['type']]> {
  const child = fork(join(import.meta.dirname, 'task/main.ts'), [JSON.stringify(job)], {
    // As the launcher starts the agent and the command line.
    execArgv: job.type === 'memory' ? ['--max-semi-space-size=2'] : [],
  });
  const forget = onCleanup(() => void child.kill('SIGKILL'));
  return new Promise((resolve, reject) => {
    let outcome: unknown;
    child.on('message', message => {
      outcome = message;
    });
    child.once('error', reject);
    child.once('exit', code => {
      void forget();
      if (code === 0 && outcome !== undefined) resolve(outcome as Outcomes[T['type']]);
      else reject(new Error(`the measurement "${job.type}" ended with ${code}`));
    });
  });
}
