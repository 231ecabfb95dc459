/** Limits that keep hostile input from taking memory or time. */

/** Limits of a reader. */
export interface LimitSettings {
  /** Longest line, bytes. */
  readonly lineBytes: number;
  /** Largest record (a JSON value, an audit event, a journal entry), bytes. */
  readonly recordBytes: number;
  /** Deepest nesting of JSON and XML. */
  readonly depth: number;
  /** Most fields of one record. */
  readonly fields: number;
  /** Most records that wait for their remaining lines (auditd, ModSecurity). */
  readonly openRecords: number;
  /** Most decompressed bytes for each compressed byte, counted after the first 16 MiB of output. */
  readonly compressionRatio: number;
}

/** The limits that are used unless others are given. */
export const defaultLimits: LimitSettings = {
  lineBytes: 1024 * 1024,
  recordBytes: 4 * 1024 * 1024,
  depth: 64,
  fields: 4096,
  openRecords: 1024,
  compressionRatio: 250,
};
