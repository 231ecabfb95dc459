/** Named values that belong to the database as a whole. */
import type { DatabaseSync } from 'node:sqlite';

/** Names in use. */
export type MetaKey =
  | 'schema'
  | 'clean_stop'
  | 'next_sequence'
  | 'trusted_time'
  | 'upgraded_from'
  | 'events_expired';

/** Value of a name, or undefined. */
export function readMeta(database: DatabaseSync, key: MetaKey): string | undefined {
  const row = database.prepare('select value from meta where key = ?').get(key);
  return typeof row?.['value'] === 'string' ? row['value'] : undefined;
}

/** A whole number kept under a name, or `otherwise`. */
export function readMetaNumber(database: DatabaseSync, key: MetaKey, otherwise: number): number {
  const value = Number(readMeta(database, key) ?? Number.NaN);
  return Number.isSafeInteger(value) ? value : otherwise;
}

/** Sets the value of a name. */
export function writeMeta(database: DatabaseSync, key: MetaKey, value: string | number): void {
  database
    .prepare(
      'insert into meta (key, value) values (?, ?) on conflict (key) do update set value = excluded.value',
    )
    .run(key, String(value));
}
