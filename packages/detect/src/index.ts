/** The detect wing: Sigma rules judge events and make findings. */
export { createDetector, Detector, type DetectorOptions } from './detector.ts';
export { type LoadReport, RuleSet } from './rules/rule-set.ts';
export { type RuleTestResult, testRules } from './rules/test-data.ts';
export { describeProblem, type Problem } from './sigma/problem.ts';
