/** Detection without an agent: files of logs in, findings out; and rules as data for people and tools. */

export {
  type CoveredTactic,
  type CoveredTechnique,
  coverageOf,
  coveragePicture,
  navigatorLayer,
} from './coverage.ts';
export { type FieldMapping, fieldMappings } from './fields.ts';
export { Gathering, type OfflineFinding } from './gather.ts';
export { findInputs, type InputFile, type InputProblem } from './inputs.ts';
export type { FileReport, RecordPlace } from './match.ts';
export {
  type ImportedPack,
  type ImportReport,
  importPack,
  listPacks,
  PackError,
  packsFolder,
  removePack,
} from './pack.ts';
export { detectOffline, type OfflineOptions, type OfflineResult } from './run.ts';
export { type SarifInput, sarifOf } from './sarif.ts';
export { type SigmaFilter, sigmaFilter } from './sigma-filter.ts';
