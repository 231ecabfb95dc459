/** The table `process`, for writing. */

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StoredProcess } from '@redoubt/model';

/** Rows looked at in one transaction when processes are given up. */
const rowsAtOnce = 2000;

/** Saves processes, and gives up those that nothing refers to. */
export class ProcessTable {
  readonly #upsert: StatementSync;
  readonly #touch: StatementSync;
  readonly #giveUp: StatementSync;

  constructor(database: DatabaseSync) {
    this.#upsert = database.prepare(
      `insert into process (boot, uid, image, pid, parent_uid, start_time, exec_time, end_time, name, exe,
       last_sequence, body) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       on conflict (boot, uid, image) do update set pid = excluded.pid, parent_uid = excluded.parent_uid,
       start_time = excluded.start_time, exec_time = excluded.exec_time, end_time = excluded.end_time,
       name = excluded.name, exe = excluded.exe, last_sequence = excluded.last_sequence, body = excluded.body`,
    );
    this.#touch = database.prepare(
      'update process set last_sequence = ? where boot = ? and uid = ? and image = ?',
    );
    // An image is over when its process ended, went on as another image, or belongs to an earlier boot.
    this.#giveUp = database.prepare(
      `delete from process where id in (
         select p.id from process p where p.last_sequence <= :oldest
         and (p.end_time is not null or p.boot <> :boot or exists (
           select 1 from process n where n.boot = p.boot and n.uid = p.uid and n.image > p.image))
         and not exists (select 1 from process c where c.boot = p.boot and c.parent_uid = p.uid)
         and not exists (select 1 from finding_process f where f.process_uid = p.uid and f.boot = p.boot)
         order by p.last_sequence limit ${rowsAtOnce})`,
    );
  }

  /**
   * Inserts or replaces a row; a transaction must be open.
   * @param boot number of the process's boot
   * @param sequence sequence number of the next event: every event of the process so far is below it
   */
  save(row: StoredProcess, boot: number, sequence: number): void {
    const { boot_id: _, ...body } = row;
    this.#upsert.run(
      boot,
      row.uid,
      row.image,
      row.pid,
      row.parent_uid ?? null,
      Math.floor(row.start_time),
      row.exec_time === undefined ? null : Math.floor(row.exec_time),
      row.end_time === undefined ? null : Math.floor(row.end_time),
      row.name,
      row.exe ?? null,
      sequence,
      JSON.stringify(body),
    );
    if (row.image > 0) this.#touch.run(sequence, boot, row.uid, row.image - 1);
  }

  /**
   * Gives up processes that are over, whose last event is below `oldest`, that have no child left and stand in
   * no finding.
   * @returns number of rows given up, at most 2000 a call
   */
  giveUp(oldest: number, boot: number): number {
    return Number(this.#giveUp.run({ oldest, boot }).changes);
  }
}
