/** Evidence of a host: collected in the order of volatility, hashed, signed, verified, reported, searched for elsewhere. */
export { type CollectEvidenceOptions, type CollectReport, collectEvidence } from './collect.ts';
export { identitiesIn } from './container/age.ts';
export { CustodyLog, type CustodyReport, readCustody } from './custody.ts';
export { EvidenceError, type EvidenceErrorCode } from './error.ts';
export { type ExtractReport, extractEvidence } from './extract.ts';
export { incidentTargets, recordedIncident } from './incident.ts';
export { fingerprintOf, type Manifest } from './manifest.ts';
export { asHtml, asMarkdown } from './report/document.ts';
export { reportEvidence } from './report/report.ts';
export { type Indicators, indicatorsOfIncident, parseIndicators } from './search/indicators.ts';
export { type SearchHit, searchHost } from './search/search.ts';
export { type StepResult, type StepStatus, statusNames } from './segment.ts';
export { type EvidencePlan, type EvidenceStep, type MemoryTarget, NotHere } from './step.ts';
export { skippable, stepsOf } from './steps.ts';
export { type EvidenceFault, type VerifyEvidenceReport, verifyEvidence } from './verify.ts';
export { placesOf } from './work.ts';
