/** Scanning: many engines behind one interface, one verdict with reasons. */

export { type Clamd, type ClamdOptions, openClamd } from './clamd.ts';
export type { Engine, EngineFinding, EngineWant, Judgement } from './engine.ts';
export { type EngineSettings, engineNames, makeEngines } from './engines.ts';
export { type ContentKind, kindOf } from './kind.ts';
export { defaultLimits, type ScanLimits } from './limits.ts';
export { type ScannedFile, type Scanning, scanFile, scanSubject } from './scan-file.ts';
export { BytesSubject, type Digests, FileSubject, memberMark, type Subject } from './subject.ts';
export { fuse, type Judged, type Note, type NoteKind, type PlacedFinding, type Verdict } from './verdict.ts';
