/**
 * Tables of the recorder. Plain types only, so that the same tables fit PostgreSQL (`integer` of a time or a
 * sequence is `bigint` there, `blob` is `bytea`).
 */
import type { DatabaseSync } from 'node:sqlite';
import { writeMeta } from './meta.ts';

/** Version of the tables below, kept in `meta`. Version 1 had no tables of incidents. */
export const schemaVersion = '2';
/** `PRAGMA application_id` of a recorder's database: "RdbT". */
export const applicationId = 0x52646254;
/** Bytes of a database page; chunks are far larger than SQLite's default of 4096. */
export const pageBytes = 8192;

const tables = `
create table meta (
  key text primary key,
  value text not null
);
create table boot (
  number integer primary key,
  boot_id text not null unique
);
create table event_kind (
  number integer primary key,
  name text not null unique
);
create table event_chunk (
  first_sequence integer primary key,
  count integer not null,
  first_time integer not null,
  last_time integer not null,
  boot integer not null,
  kinds blob not null,
  formats text not null,
  raw_bytes integer not null,
  stored_bytes integer not null
);
create table event_bytes (
  first_sequence integer primary key,
  bytes blob not null
);
create table process (
  id integer primary key,
  boot integer not null,
  uid text not null,
  image integer not null,
  pid integer not null,
  parent_uid text,
  start_time integer not null,
  exec_time integer,
  end_time integer,
  name text not null,
  exe text,
  last_sequence integer not null,
  body text not null,
  unique (uid, boot, image)
);
create index process_parent on process (boot, parent_uid);
create index process_last_sequence on process (last_sequence);
create index process_start_time on process (start_time);
create table finding (
  id integer primary key,
  uid text not null unique,
  time integer not null,
  first_seen integer not null,
  last_seen integer not null,
  severity integer not null,
  rule text not null,
  status integer not null,
  dedup_key text not null,
  count integer not null,
  body text not null
);
create index finding_time on finding (time);
create index finding_dedup on finding (dedup_key);
create table finding_part (
  part_uid text primary key,
  finding_uid text not null,
  count integer not null
);
create index finding_part_whole on finding_part (finding_uid);
create table finding_process (
  process_uid text not null,
  boot integer not null,
  finding_uid text not null,
  unique (process_uid, boot, finding_uid)
);
create table loss (
  id integer primary key,
  time integer not null,
  code text not null,
  en text not null,
  zh text not null,
  events_lost integer
);
`;

const incidentTables = `
create table incident (
  id integer primary key,
  uid text not null unique,
  time integer not null,
  first_seen integer not null,
  last_seen integer not null,
  severity integer not null,
  score integer not null,
  status integer not null,
  merged_into text,
  body text not null
);
create index incident_last_seen on incident (last_seen);
create table incident_finding (
  finding_uid text primary key,
  incident_uid text not null
);
create table suppression (
  id integer primary key,
  uid text not null unique,
  expires integer not null,
  body text not null
);
`;

/** Tables that came with version 2. */
export const laterTables = ['incident', 'incident_finding', 'suppression'] as const;

/** Every table, in the order in which a damaged database is saved: what cannot be made again comes first. */
export const salvageOrder = [
  'meta',
  'boot',
  'event_kind',
  'finding',
  'finding_part',
  'finding_process',
  ...laterTables,
  'loss',
  'process',
] as const;

/** Creates the tables in an empty database. Their order is fixed: repair relies on equal root pages. */
export function createTables(database: DatabaseSync): void {
  database.exec(
    `pragma page_size = ${pageBytes}; pragma auto_vacuum = incremental; pragma journal_mode = wal;`,
  );
  database.exec(`begin immediate; pragma application_id = ${applicationId}; ${tables} ${incidentTables}`);
  database.prepare('insert into meta (key, value) values (?, ?)').run('schema', schemaVersion);
  database.exec('commit');
}

/**
 * Adds what a database of version 1 lacks. Its later tables then stand on other pages than in a new database;
 * `upgraded_from` says so to the repair.
 */
export function upgradeTables(database: DatabaseSync): void {
  database.exec('begin immediate');
  try {
    database.exec(incidentTables);
    writeMeta(database, 'upgraded_from', '1');
    writeMeta(database, 'schema', schemaVersion);
    database.exec('commit');
  } catch (error) {
    if (database.isTransaction) database.exec('rollback');
    throw error;
  }
}
