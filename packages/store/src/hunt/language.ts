/**
 * The language of `redoubt hunt`: a filter, then stages, each behind a bar.
 *
 *   kind = process.exec | count by process.parent_process.file.path, process.file.path | where count <= 2
 *   kind = network.connect | count, dcount dst_endpoint.ip as targets by actor.process.file.path | sort -targets
 *   kind = auth.logon and status_id = 2 | count by time(5m), src_endpoint.ip | sort -count | limit 20
 *   from process user_id = 0 and container.uid exists | fields start_time, exe, cmd_line
 *
 * The filter is that of `redoubt events --where`; empty or `*` lets everything through. `from events` (the
 * default), `from process` or `from finding` before it says what is looked at. The stages:
 *
 *   fields a, b              only these columns
 *   where FILTER             only the rows for which the filter holds, by the columns so far
 *   count by a, b            how many rows for each combination of values; without `by`, of all
 *   count, max time by a     several measures: count, dcount, min, max, sum, avg
 *   distinct a, b            every combination of values once
 *   first · last             the first or last row; with `by a`, of each value
 *   sort -a, b               by these columns, `-` for descending; rows without a value are smallest
 *   limit N                  the first N rows
 *
 * `time(5m)` in place of a column is the start of the span of 5 minutes (s, m, h, d) that the time lies in.
 * Anything may be named with `as NAME`. A measure is called as it is written: `count`, `max`. `dcount` counts
 * different values; `sum` and `avg` count numbers only; `min` and `max` order numbers before texts.
 */
import type { Expression } from '../where/expression.ts';

/** What a hunt looks at. */
export type SourceName = 'events' | 'process' | 'finding';

/** A column that a stage asks for. Places count from 1 in the whole query. */
export interface Term {
  readonly path: string;
  /** Milliseconds of the span that a time is rounded down to. */
  readonly bucket: number | undefined;
  /** What it is called behind the stage. */
  readonly name: string;
  readonly place: number;
}

export const measureNames = ['count', 'dcount', 'min', 'max', 'sum', 'avg'] as const;
export type MeasureName = (typeof measureNames)[number];

/** A number worked out of many rows; only `count` has no column. */
export interface Measure {
  readonly measure: MeasureName;
  readonly path: string | undefined;
  readonly name: string;
  readonly place: number;
}

export interface SortKey {
  readonly path: string;
  readonly descending: boolean;
  readonly place: number;
}

/** One stage of a hunt. */
export type Stage =
  | { readonly type: 'fields' | 'distinct'; readonly terms: readonly Term[] }
  | { readonly type: 'where'; readonly expression: Expression; readonly paths: readonly PlacedPath[] }
  | { readonly type: 'aggregate'; readonly measures: readonly Measure[]; readonly by: readonly Term[] }
  | { readonly type: 'first' | 'last'; readonly by: readonly Term[] }
  | { readonly type: 'sort'; readonly keys: readonly SortKey[] }
  | { readonly type: 'limit'; readonly count: number };

/** An attribute with the place where a filter names it. */
export interface PlacedPath {
  readonly path: string;
  readonly place: number;
}

/** A parsed hunt. */
export interface Hunt {
  readonly source: SourceName;
  /** The filter with spaces in front of it, so that places in it are places in the query; empty lets all through. */
  readonly filter: string;
  readonly paths: readonly PlacedPath[];
  readonly stages: readonly Stage[];
}
