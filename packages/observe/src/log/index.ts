/** The log side of the observe wing: reads any log that servers have, as records and as OCSF events. */
export { detectFormat } from './detect.ts';
export type { ByteParser, FormatReader, Head, ReadContext, Sink } from './format.ts';
export { formats } from './formats.ts';
export { defaultLimits, type LimitSettings } from './limits.ts';
export { LogReader, type ReadLogOptions, type ReadStatistics, readContext, readLog } from './read.ts';
export {
  type LogDamage,
  type LogFields,
  type LogFormat,
  LogRecord,
  type Logsource,
  logFormats,
  type Place,
} from './record.ts';
