/** PostgreSQL's `log_destination = jsonlog` (version 15 on): one object a line. */
import { PostgresqlLogins } from '../database/postgresql.ts';
import { setPostgresqlMessage } from '../database/postgresql-columns.ts';
import { databaseRecord } from '../database/record.ts';
import type { FormatReader } from '../format.ts';
import { type JsonObject, openJson } from '../input/json.ts';
import type { LogFields } from '../record.ts';
import { postgresqlTime } from '../time/parse.ts';

const names: Readonly<Record<string, string>> = {
  dbname: 'database',
  remote_host: 'src_ip',
  remote_port: 'src_port',
  error_severity: 'level',
  state_code: 'sql_state_code',
  message: 'text',
  application_name: 'application',
};

function fieldsOf(value: JsonObject): LogFields {
  const fields: LogFields = {};
  for (const [name, known] of Object.entries(value)) {
    if (name === 'timestamp' || name === '__proto__' || known === null) continue;
    fields[Object.hasOwn(names, name) ? (names[name] ?? name) : name] = known;
  }
  if (fields['src_ip'] === '[local]') delete fields['src_ip'];
  return fields;
}

export const postgresqlJson: FormatReader = {
  name: 'postgresql-json',
  title: { en: 'PostgreSQL log, JSON', zh: 'PostgreSQL 日志（JSON）' },
  recognise: ({ json }) =>
    json?.['error_severity'] !== undefined && json['timestamp'] !== undefined && json['pid'] !== undefined
      ? 92
      : 0,
  open: context => {
    const logins = new PostgresqlLogins();
    return openJson((value, place) => {
      if (typeof value['error_severity'] !== 'string') return 'no error_severity of PostgreSQL';
      const fields = fieldsOf(value);
      setPostgresqlMessage(fields, logins);
      const time = postgresqlTime(String(value['timestamp'] ?? ''), context.zone);
      return databaseRecord('postgresql', 'postgresql-json', context.name, place, fields, time);
    }, context);
  },
};
