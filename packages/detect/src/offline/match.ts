/** What judging a file gives, as plain data that can pass from a worker to the main thread. */
import type { Event, FieldValue, Finding } from '@redoubt/model';

/** Where a record stands. */
export interface RecordPlace {
  /** Number of the file in the order of the inputs. */
  readonly file: number;
  /** Number of the record in its file, from 0. */
  readonly record: number;
  readonly line: number;
  /** Of the decompressed bytes. */
  readonly offset: number;
}

/** Matches of one rule that are one finding, in one file. */
export interface MatchGroup {
  readonly key: string;
  count: number;
  first: number;
  last: number;
  /** The first record that matched, and the finding made of it. */
  readonly place: RecordPlace;
  readonly finding: Finding;
}

/** A match that feeds correlations; these are judged once everything has been read, in the order of time. */
export interface Sighting {
  readonly rule: string;
  readonly time: number;
  /** How many events it stands for. */
  readonly events: number;
  readonly place: RecordPlace;
  /** Values of the fields that correlations ask for, by the names that they use. */
  readonly fields: Readonly<Record<string, FieldValue>>;
  readonly event: Event;
}

/** A batch of what was found. */
export interface Matches {
  readonly groups: readonly MatchGroup[];
  readonly sightings: readonly Sighting[];
}

/** What became of one file. */
export interface FileReport {
  readonly name: string;
  /** Format that it was read as; undefined when it could not be told. */
  readonly format: string | undefined;
  /** Records judged, and decompressed bytes read. */
  readonly records: number;
  readonly bytes: number;
  /** Damaged places, bytes passed over, and the first places in words. */
  readonly damage: { readonly count: number; readonly bytes: number; readonly places: readonly string[] };
  /** Why the file could not be read at all, or not to its end. */
  readonly error?: string;
  /** Found in a folder, but no log that is known. */
  readonly skipped?: true;
}
