/** The table `finding`, for writing: findings with the same key are one finding, counted. */

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type Evidence, type Finding, findingStatus } from '@redoubt/model';
import type { StatusChange } from '../types.ts';

/** Evidence entries kept of one finding. */
const maxEvidences = 20;

/** Saves findings. */
export class FindingTable {
  readonly #byUid: StatementSync;
  readonly #wholeOf: StatementSync;
  readonly #openByKey: StatementSync;
  readonly #savePart: StatementSync;
  readonly #countOf: StatementSync;
  readonly #upsert: StatementSync;
  readonly #refer: StatementSync;

  constructor(database: DatabaseSync) {
    this.#byUid = database.prepare('select body from finding where uid = ?');
    this.#wholeOf = database.prepare('select finding_uid from finding_part where part_uid = ?');
    this.#openByKey = database.prepare(
      `select uid from finding where dedup_key = ? and status <> ${findingStatus.resolved}
       order by time desc limit 1`,
    );
    this.#savePart = database.prepare(
      `insert into finding_part (part_uid, finding_uid, count) values (?, ?, ?)
       on conflict (part_uid) do update set count = max(finding_part.count, excluded.count)`,
    );
    this.#countOf = database.prepare('select sum(count) as count from finding_part where finding_uid = ?');
    this.#upsert = database.prepare(
      `insert into finding (uid, time, first_seen, last_seen, severity, rule, status, dedup_key, count, body)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       on conflict (uid) do update set time = excluded.time, first_seen = excluded.first_seen,
       last_seen = excluded.last_seen, severity = excluded.severity, status = excluded.status,
       count = excluded.count, body = excluded.body`,
    );
    this.#refer = database.prepare(
      `insert into finding_process (process_uid, boot, finding_uid) values (?, ?, ?)
       on conflict (process_uid, boot, finding_uid) do nothing`,
    );
  }

  /**
   * Inserts a finding; one that is already there (same uid) is updated, and one whose key an unresolved finding
   * has is counted into that. A status that a person set stays. A transaction must be open.
   * @param boot number of the boot that the finding's processes belong to
   */
  save(finding: Finding, boot: number): void {
    const part = finding.finding_info.uid;
    const key = finding.redoubt.dedup_key;
    const whole =
      text(this.#wholeOf.get(part)?.['finding_uid']) ?? text(this.#openByKey.get(key)?.['uid']) ?? part;
    const before = this.#read(whole);
    this.#savePart.run(part, whole, finding.count);
    const count = Number(this.#countOf.get(whole)?.['count']);
    this.#write(whole, before === undefined ? { ...finding, count } : merged(before, finding, count));
    for (const uid of processesOf(finding)) this.#refer.run(uid, boot, whole);
  }

  /**
   * Sets the status of a finding and the comment on it.
   * @returns whether there is such a finding
   */
  setStatus(uid: string, { status, comment }: StatusChange): boolean {
    const finding = this.#read(uid);
    if (finding === undefined) return false;
    const activity_id = status === findingStatus.resolved ? 3 : 2;
    const type_uid = finding.class_uid * 100 + activity_id;
    const words = comment === undefined ? {} : { comment };
    this.#write(uid, { ...finding, status_id: status, activity_id, type_uid, ...words });
    return true;
  }

  #read(uid: string): Finding | undefined {
    const body = text(this.#byUid.get(uid)?.['body']);
    return body === undefined ? undefined : (JSON.parse(body) as Finding);
  }

  #write(uid: string, finding: Finding): void {
    this.#upsert.run(
      uid,
      Math.floor(finding.time),
      Math.floor(finding.finding_info.first_seen_time),
      Math.floor(finding.finding_info.last_seen_time),
      finding.severity_id,
      finding.finding_info.analytic.uid,
      finding.status_id,
      finding.redoubt.dedup_key,
      finding.count,
      JSON.stringify(finding),
    );
  }
}

/** What an evidence is about and when. */
function subjectOf({ process, file, src_endpoint, dst_endpoint, event }: Evidence): string {
  const time = typeof event === 'object' && event !== null && 'time' in event ? event.time : undefined;
  return JSON.stringify([process?.uid, process?.file?.path, file?.path, src_endpoint, dst_endpoint, time]);
}

/** One finding of two with the same key: the first one's identity, the whole time span and all evidence. */
function merged(before: Finding, next: Finding, count: number): Finding {
  // The later form of the same evidence knows more: a hash that took time to compute, say.
  const evidences = new Map<string, Evidence>();
  for (const evidence of [...before.evidences, ...next.evidences])
    evidences.set(subjectOf(evidence), evidence);
  const one = before.finding_info;
  const other = next.finding_info;
  return {
    ...next,
    metadata: before.metadata,
    activity_id: before.status_id === findingStatus.new ? 2 : before.activity_id,
    type_uid: next.class_uid * 100 + (before.status_id === findingStatus.new ? 2 : before.activity_id),
    severity_id: Math.max(before.severity_id, next.severity_id),
    status_id: next.status_id === findingStatus.new ? before.status_id : next.status_id,
    count,
    evidences: [...evidences.values()].slice(0, maxEvidences),
    finding_info: {
      ...other,
      uid: one.uid,
      created_time: Math.min(one.created_time, other.created_time),
      first_seen_time: Math.min(one.first_seen_time, other.first_seen_time),
      last_seen_time: Math.max(one.last_seen_time, other.last_seen_time),
    },
  };
}

/** Identities of the processes that a finding shows, with their ancestry. */
function processesOf(finding: Finding): Set<string> {
  const uids = new Set<string>();
  for (const { process } of finding.evidences) {
    for (const one of [process, process?.parent_process, ...(process?.ancestry ?? [])]) {
      if (one?.uid !== undefined) uids.add(one.uid);
    }
  }
  return uids;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
