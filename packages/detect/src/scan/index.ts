/** Scanning: many engines behind one interface, one verdict with reasons. */

export { type Clamd, type ClamdOptions, openClamd } from './clamd.ts';
export type { Engine, EngineFinding, EngineWant, Judgement } from './engine.ts';
export { type EngineSettings, engineNames, makeEngines } from './engines.ts';
export { type FindingSource, findingDraftOf, findingOf } from './finding.ts';
export { type ContentKind, kindOf } from './kind.ts';
export { defaultLimits, type ScanLimits } from './limits.ts';
export { type FileIdentity, type KnownVerdict, VerdictCache } from './run/cache.ts';
export { imageTarget, processImages } from './run/images.ts';
export {
  type JudgedFile,
  type ScanProgress,
  type ScanReport,
  type ScanRequest,
  scanTree,
} from './run/scan-tree.ts';
export { type ScannedFile, type Scanning, scanFile, scanSubject } from './scan-file.ts';
export { BytesSubject, type Digests, FileSubject, memberMark, type Subject } from './subject.ts';
export { fuse, type Judged, type Note, type NoteKind, type PlacedFinding, type Verdict } from './verdict.ts';
