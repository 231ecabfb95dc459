/** The log side of the observe wing: reads any log that servers have, as records and as OCSF events. */
export { detectFormat } from './detect.ts';
export type { ByteParser, FormatReader, Head, ReadContext, Sink } from './format.ts';
export { formats } from './formats.ts';
export { fileBytes } from './input/file.ts';
export { defaultLimits, type LimitSettings } from './limits.ts';
export { ClockSkew, type SourceClock } from './live/clock-skew.ts';
export { followFile } from './live/follow/follower.ts';
export { type FollowGlobOptions, followGlob } from './live/follow/glob.ts';
export { LogSearch } from './live/follow/log-search.ts';
export type { FollowOptions, LineBatch } from './live/follow/options.ts';
export type { FollowPosition } from './live/follow/position.ts';
export { positionAtEnd } from './live/follow/position-at-end.ts';
export { FollowedLog, type RecordBatch } from './live/follow-log.ts';
export {
  type EventAnswer,
  type EventRequest,
  type HttpReceiverOptions,
  windowsEventHandler,
} from './live/http-receiver.ts';
export { type FollowJournalOptions, followJournal, type JournalBatch } from './live/journald.ts';
export { type ReceiverCounters, SyslogReceiver, type SyslogReceiverOptions } from './live/syslog-receiver.ts';
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
