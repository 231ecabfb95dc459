/** Scanning through a process of its own. Loads none of the engines, so that its user stays small. */

export { findClamd, isClamd } from '../clamd.ts';
export type { EngineSettings } from '../engines.ts';
export { type FindingSource, findingDraftOf } from '../finding.ts';
export type { FileIdentity } from '../run/cache.ts';
export type { FileResult } from '../run/messages.ts';
export { type HelperOptions, type RescanResult, ScanHelper } from './helper.ts';
