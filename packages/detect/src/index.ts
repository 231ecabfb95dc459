/** The detect wing: Sigma rules judge events and make findings. */

export type { CorrelatorLosses, CorrelatorState } from './correlate/correlator.ts';
export { createDetector, Detector, type DetectorOptions, type SourcedRecord } from './detector.ts';
export type { EventSource } from './fields/source.ts';
export * from './incident/index.ts';
export { type LoadReport, RuleSet } from './rules/rule-set.ts';
export { type ReadLogText, type RuleTestOptions, type RuleTestResult, testRules } from './rules/test-data.ts';
export type { RuleStatistics } from './sigma/compile/matcher.ts';
export { describeProblem, type Problem } from './sigma/problem.ts';
