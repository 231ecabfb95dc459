/** The tables `incident`, `incident_finding` and `suppression`, for writing. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Incident, Suppression } from '@redoubt/model';
import type { StoredDocument } from './protocol.ts';

/** Saves incidents and suppressions; a later state replaces the earlier one. */
export class DocumentTables {
  readonly #saveIncident: StatementSync;
  readonly #refer: StatementSync;
  readonly #saveSuppression: StatementSync;

  constructor(database: DatabaseSync) {
    this.#saveIncident = database.prepare(
      `insert into incident (uid, time, first_seen, last_seen, severity, score, status, merged_into, body)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?)
       on conflict (uid) do update set time = excluded.time, first_seen = excluded.first_seen,
       last_seen = excluded.last_seen, severity = excluded.severity, score = excluded.score,
       status = excluded.status, merged_into = excluded.merged_into, body = excluded.body`,
    );
    this.#refer = database.prepare(
      `insert into incident_finding (finding_uid, incident_uid) values (?, ?)
       on conflict (finding_uid) do update set incident_uid = excluded.incident_uid
       where incident_uid <> excluded.incident_uid`,
    );
    this.#saveSuppression = database.prepare(
      `insert into suppression (uid, expires, body) values (?, ?, ?)
       on conflict (uid) do update set expires = excluded.expires, body = excluded.body`,
    );
  }

  /** Inserts or replaces a document; a transaction must be open. */
  save(document: StoredDocument): void {
    if (document.type === 'incident') this.#incident(document.body);
    else this.#suppression(document.body);
  }

  #incident(incident: Incident): void {
    const { metadata, redoubt } = incident;
    this.#saveIncident.run(
      metadata.uid,
      Math.floor(incident.time),
      Math.floor(incident.start_time),
      Math.floor(incident.end_time),
      incident.severity_id,
      redoubt.score.value,
      incident.status_id,
      redoubt.merged_into ?? null,
      JSON.stringify(incident),
    );
    // The findings of one that was merged away belong to the other.
    if (redoubt.merged_into !== undefined) return;
    for (const { uid } of incident.finding_info_list) this.#refer.run(uid, metadata.uid);
  }

  #suppression(suppression: Suppression): void {
    this.#saveSuppression.run(
      suppression.uid,
      Math.floor(suppression.expires_time),
      JSON.stringify(suppression),
    );
  }
}
