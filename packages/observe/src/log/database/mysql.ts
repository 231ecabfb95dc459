/** Messages of MySQL and MariaDB about log-ins (sql/sql_connect.cc, share/errmsg). */
import { isIP } from 'node:net';
import type { LogFields } from '../record.ts';
import { addFacts, type LoginFacts } from './record.ts';

const denied =
  /^(?:\S+ )?Access denied for user '(?<user>.*)'@'(?<host>[^'@]*)'(?: to database '(?<database>.*)')?(?: \(using password: (?:YES|NO)\))?\.?$/s;
const notAllowed = /^Host '(?<host>[^']*)' is not allowed to connect to this (?:MySQL|MariaDB) server\.?$/;
const aborted =
  /^Aborted connection \d+ to db: '(?<database>.*?)' user: '(?<user>.*?)' host: '(?<host>[^']*)'(?: real ip: '(?<ip>[^']*)')? \((?<reason>.*)\)\.?$/s;

/** Names where a host stands: an address is told from a name. */
function hostFacts(host: string | undefined): { src_ip?: string; src_host?: string } {
  if (host === undefined || host === '' || host === 'localhost') return {};
  return isIP(host) === 0 ? { src_host: host } : { src_ip: host };
}

/** Adds to the fields of a message what it says of a log-in. */
export function readMysqlLogin(fields: LogFields, message: string): void {
  const refused = denied.exec(message)?.groups ?? notAllowed.exec(message)?.groups;
  if (refused !== undefined) {
    const facts: LoginFacts = {
      login: true,
      outcome: 'failure',
      user: refused['user'],
      database: refused['database'],
      reason: refused['user'] === undefined ? 'host not allowed' : 'access denied',
    };
    addFacts(fields, facts);
    addFacts(fields, hostFacts(refused['host']));
    return;
  }
  const broken = aborted.exec(message)?.groups;
  if (broken === undefined) return;
  const { user, database, host, ip, reason } = broken;
  const known = user !== 'unauthenticated';
  addFacts(fields, {
    ...(!known && { login: true, outcome: 'failure' }),
    user: known ? user : undefined,
    database: database === 'unconnected' ? undefined : database,
    reason,
    ...hostFacts(ip ?? host),
  });
}

const connect =
  /^(?<user>.*)@(?<host>[^@\s]+) (?:as .* )?on (?<database>\S*) ?using (?<method>TCP\/IP|Socket|SSL\/TLS|Named Pipe|Shared Memory)$/s;

/** The argument of `Connect` in the general log: the server has accepted the client's words, not yet its password. */
export function readMysqlConnect(fields: LogFields, text: string): void {
  const groups = connect.exec(text)?.groups;
  if (groups === undefined) readMysqlLogin(fields, text);
  else {
    const { user, database, method } = groups;
    addFacts(fields, { user, database, auth_method: method, ...hostFacts(groups['host']) });
  }
}
