/** The memory of running processes beside what is known to be good, without stopping any of them. */
export { type CheckOptions, MemoryChecker, type ProcessCheck, processes } from './check.ts';
export { type CoreOptions, type CoreSource, DumpError, openCore } from './core.ts';
export { type DumpReport, dumpProcess } from './dump.ts';
export { describeObservation, memoryFinding, processOf } from './findings.ts';
export { GoldenError, type GoldenFile, type GoldenText, goldenOf, parseGolden } from './golden.ts';
export type { MemoryMatch, MemoryMatcher } from './match.ts';
export type { Observation, ObservationKind } from './observation.ts';
export { ProcessGone } from './process.ts';
