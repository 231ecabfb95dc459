/** Evidence of a host: collected in the order of volatility, hashed, signed, verified, reported, searched for elsewhere. */
export { type CollectEvidenceOptions, type CollectReport, collectEvidence } from './collect.ts';
export { EvidenceError, type EvidenceErrorCode } from './error.ts';
export type { StepResult, StepStatus } from './segment.ts';
export { type EvidencePlan, type EvidenceStep, type MemoryTarget, NotHere } from './step.ts';
export { skippable, stepsOf } from './steps.ts';
