/** Kysely over `node:sqlite`. */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { type Generated, Kysely, SqliteDialect } from 'kysely';

/** Tables that are asked through Kysely. */
export interface Tables {
  process: {
    id: Generated<number>;
    boot: number;
    uid: string;
    image: number;
    pid: number;
    parent_uid: string | null;
    start_time: number;
    exec_time: number | null;
    end_time: number | null;
    name: string;
    exe: string | null;
    last_sequence: number;
    body: string;
  };
  boot: { number: number; boot_id: string };
  finding: {
    id: Generated<number>;
    uid: string;
    time: number;
    first_seen: number;
    last_seen: number;
    severity: number;
    rule: string;
    status: number;
    dedup_key: string;
    count: number;
    body: string;
  };
  loss: {
    id: Generated<number>;
    time: number;
    code: string;
    en: string;
    zh: string;
    events_lost: number | null;
  };
}

/** A Kysely over an open database. It is done with when the database is closed. */
export function kyselyOver(database: DatabaseSync): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect: new SqliteDialect({
      database: {
        close: () => {},
        prepare: sql => {
          const statement = database.prepare(sql);
          const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
          return {
            reader: statement.columns().length > 0,
            all: parameters => statement.all(...values(parameters)),
            run: parameters => statement.run(...values(parameters)),
            iterate: parameters => statement.iterate(...values(parameters)),
          };
        },
      },
    }),
  });
}
