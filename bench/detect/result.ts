/** Everything that `bench detect` measures. */
import type { Machine } from '../lib/machine.ts';
import type { Evtx, Follow, Hostile, Memory, Rate, Same } from './job.ts';

/** Kinds of events that rates are measured over. */
export type Feed = 'json-mixed' | 'json-process' | 'decoded-mixed' | 'decoded-process';

/** One rate, with what it is of. */
export interface RateRow extends Rate {
  readonly feed: Feed;
  /** Number of synthetic rules, or our own. */
  readonly rules: number | 'own';
}

/** What `bench/intelligence/indicators.ts` says, as far as it is shown. */
export interface Indicators {
  readonly indicators: number;
  readonly imports: Readonly<Record<string, { readonly seconds: number; readonly peakRiseMiB: number }>>;
  readonly memoryMiB: number;
  readonly lookups: readonly { readonly kind: string; readonly hitNs: number; readonly missNs: number }[];
}

/** All of it. */
export interface DetectResult {
  readonly machine: Machine;
  readonly node: string;
  /** When it was measured, ISO 8601. */
  readonly measured: string;
  readonly ownRules: number;
  readonly rates: readonly RateRow[];
  readonly same: readonly (Same & { readonly feed: Feed; readonly rules: number })[];
  readonly hostile: Hostile;
  readonly memory: Memory;
  readonly evtx: Evtx;
  readonly follow: Follow;
  readonly indicators?: Indicators;
  /** Why there are no events of the kernel sensor. */
  readonly obstacle?: string;
}
