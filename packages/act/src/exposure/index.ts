/** Exposure: what listens, who can reach it, and what is wrong with that. */
export { type AssessOptions, assessExposure, effectiveScope } from './assess.ts';
export { issuesOf } from './issues.ts';
export { answersAnybody } from './plain.ts';
export { type Knock, ReachJudge } from './reach.ts';
export type { ExposureIssue, ExposureItem, ExposureReport, Reach, TlsFacts } from './report.ts';
export { serviceOf } from './services.ts';
export { sshdIssues } from './sshd.ts';
export { tlsFacts } from './tls.ts';
