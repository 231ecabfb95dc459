/** What PostgreSQL's CSV and JSON logs have in common: columns instead of text. */
import { textOf } from '../event/compose.ts';
import type { LogFields } from '../record.ts';
import { type PostgresqlLogins, sqlOf } from './postgresql.ts';

/**
 * Makes `message` of the columns `level`, `text`, `detail` and `statement`, as the text log would show it, and
 * reads what it says of log-ins.
 */
export function setPostgresqlMessage(fields: LogFields, logins: PostgresqlLogins): void {
  const level = textOf(fields['level']) ?? '';
  const text = typeof fields['text'] === 'string' ? fields['text'] : '';
  logins.read(fields, level, text);
  const detail = textOf(fields['detail']);
  const asked = textOf(fields['statement']);
  const sql = asked ?? sqlOf(level, text);
  if (sql !== undefined) fields['statement'] = sql;
  fields['message'] = [
    `${level}:  ${text}`,
    ...(detail === undefined ? [] : [`DETAIL:  ${detail}`]),
    ...(asked === undefined ? [] : [`STATEMENT:  ${asked}`]),
  ].join('\n');
}
