/** The baseline wing: what is known to be good, and what differs from it. */
export type { CollectOptions, Collector, DriftJudgement } from './collector.ts';
