/**
 * The flight recorder: events as compressed chunks, processes and findings as rows, in one SQLite database.
 *
 *   const recorder = await openRecorder({ directory: '/var/lib/redoubt/recorder', onWarning: console.warn });
 *   recorder.append(batch);
 *   const reader = openReader('/var/lib/redoubt/recorder');
 *   for await (const event of reader.events({ kinds: ['process.exec'], limit: 100 })) …
 */
export { RecorderError, type RecorderErrorCode } from './errors.ts';
export type { Cell, ResultColumn } from './hunt/plan.ts';
export { explainHunt, type HuntOptions, type HuntResult, runHunt } from './hunt/run.ts';
export { HuntTooLarge } from './hunt/table.ts';
export { batchOfEvents } from './ocsf-json.ts';
export { type DecodeContext, type EventDecoder, registerDecoder } from './reader/decoders.ts';
export type { ChunkDamage, EventQuery } from './reader/events.ts';
export type { IncidentQuery } from './reader/incidents.ts';
export { type Extent, type FindingQuery, openReader, type ProcessQuery, Reader } from './reader/reader.ts';
export { defaultRetention, openRecorder, Recorder } from './recorder.ts';
export type {
  EventBatch,
  LossNote,
  NumberedBatch,
  RecorderOptions,
  RecorderStats,
  RecorderWarning,
  Retention,
  StatusChange,
  StoredEvent,
  WarningCode,
} from './types.ts';
export { type CompiledWhere, compileWhere, type Judged } from './where/compile.ts';
export { type Expression, printWhere, WhereError } from './where/expression.ts';
export { parseWhere } from './where/parse.ts';
