/** What a database's own log says, as a record and in OCSF. */
import type { Event } from '@redoubt/model';
import { endpointOf, logEvent, textOf, userOf, wholeOf } from '../event/compose.ts';
import { type LogFields, type LogFormat, LogRecord, type Place } from '../record.ts';

/** The databases whose logs are read, as their programs name themselves in syslog. */
export type Database = 'postgresql' | 'mysql';

const products: Readonly<Record<Database, { name: string; vendor_name: string }>> = {
  postgresql: { name: 'PostgreSQL', vendor_name: 'PostgreSQL Global Development Group' },
  mysql: { name: 'MySQL', vendor_name: 'MySQL or MariaDB' },
};

/** The same rules read these logs and what a database writes into syslog. */
const logsources = {
  postgresql: { product: 'linux', category: 'database', service: 'postgresql', also: ['syslog'] },
  mysql: { product: 'linux', category: 'database', service: 'mysql', also: ['syslog'] },
} as const;

const programs: Readonly<Record<Database, string>> = { postgresql: 'postgres', mysql: 'mysqld' };

const severities: Readonly<Record<string, number>> = {
  warning: 2,
  error: 3,
  fatal: 4,
  panic: 5,
};

function toEvent(record: LogRecord): Event {
  const { fields } = record;
  const database = record.logsource.service === 'mysql' ? 'mysql' : 'postgresql';
  const outcome = fields['outcome'];
  const login = fields['login'] === true;
  return logEvent(record, login ? 'auth.logon' : 'log.record', products[database], {
    severity_id: severities[(textOf(fields['level']) ?? '').toLowerCase()] ?? 1,
    message: textOf(fields['message']),
    ...(login && {
      status_id: outcome === 'success' ? 1 : 2,
      user: userOf(fields['user']),
      auth_protocol: textOf(fields['auth_method']),
      service: { name: programs[database] },
    }),
    ...(!login && { actor: { process: {}, user: userOf(fields['user']) } }),
    src_endpoint: endpointOf(fields['src_ip'], wholeOf(fields['src_port']), fields['src_host']),
  });
}

/**
 * Makes the record. Every one has `program` and `message` as in syslog, and `hostname`: a database writes its
 * own log on its own host, which it does not name, so that it is `localhost` here.
 * @param time milliseconds since the Unix epoch, NaN when unknown
 */
export function databaseRecord(
  database: Database,
  format: LogFormat,
  name: string,
  place: Place,
  fields: LogFields,
  time: number,
): LogRecord {
  fields['hostname'] = 'localhost';
  fields['program'] = programs[database];
  const logsource = logsources[database];
  return new LogRecord({ format, name, logsource, time, fields, place, mapper: toEvent });
}

/** Facts of a log-in, in the names that the authentication logs use. */
export interface LoginFacts {
  readonly login: true;
  readonly outcome: 'success' | 'failure';
  readonly user?: string | undefined;
  readonly database?: string | undefined;
  readonly src_ip?: string | undefined;
  readonly auth_method?: string | undefined;
  readonly reason?: string | undefined;
}

/** Adds facts to fields; what the line itself says of the same is kept. */
export function addFacts(fields: LogFields, facts: object | undefined): void {
  for (const [key, value] of Object.entries(facts ?? {}))
    if (value !== undefined && value !== '' && fields[key] === undefined) fields[key] = value;
}
