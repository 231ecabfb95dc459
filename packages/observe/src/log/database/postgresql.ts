/**
 * Messages of PostgreSQL's server about connections and log-ins (src/backend/libpq/auth.c, hba.c,
 * utils/init/postinit.c). Names of users and databases are a client's own words: patterns are anchored, and what
 * the server writes first is taken.
 */
import type { LogFields } from '../record.ts';
import { addFacts, type LoginFacts } from './record.ts';

type Groups = Readonly<Record<string, string | undefined>>;

const failure = (groups: Groups, reason: string, method?: string): LoginFacts => ({
  login: true,
  outcome: 'failure',
  user: groups['user'],
  database: groups['database'],
  src_ip: groups['ip'],
  auth_method: method,
  reason,
});

const patterns: readonly (readonly [RegExp, (groups: Groups) => LoginFacts])[] = [
  [
    /^(?<method>password|SCRAM|MD5|LDAP|PAM|GSSAPI|SSPI|RADIUS|Peer|Ident|BSD|certificate) authentication failed for user "(?<user>.*)"$/s,
    groups => failure(groups, 'authentication failed', groups['method']?.toLowerCase()),
  ],
  [
    /^(?:no pg_hba\.conf entry for|pg_hba\.conf rejects) (?:replication )?(?:connection (?:for|from) )?host "(?<ip>[^"]*)", user "(?<user>.*?)"(?:, database "(?<database>.*?)")?(?:, .*)?$/s,
    groups => failure(groups, 'not allowed by pg_hba.conf'),
  ],
  [/^role "(?<user>.*)" does not exist$/s, groups => failure(groups, 'no such role')],
  [
    /^connection authorized: user=(?<user>.*?)(?: database=(?<database>.*?))?(?: application_name=.*?)?(?: SSL enabled .*)?$/s,
    ({ user, database }) => ({ login: true, outcome: 'success', user, database }),
  ],
];

const received = /^connection received: host=(?<ip>\S+)(?: port=(?<port>\d{1,5}))?$/;

/** Server processes whose client's address is kept; PostgreSQL has as many as `max_connections`. */
const knownLimit = 4096;

/** Reads what messages say of log-ins; remembers from where the client of each server process came. */
export class PostgresqlLogins {
  readonly #addresses = new Map<string, { ip: string; port: number | undefined }>();

  /**
   * Adds to the fields of a message what it says of a log-in.
   * @param severity `FATAL`, `LOG` and so on; a role that does not exist is a failed log-in only if it is fatal
   */
  read(fields: LogFields, severity: string, message: string): void {
    const pid = String(fields['pid'] ?? '');
    const connection = received.exec(message)?.groups;
    if (connection !== undefined && pid !== '') {
      if (this.#addresses.size >= knownLimit) {
        const [oldest] = this.#addresses.keys();
        if (oldest !== undefined) this.#addresses.delete(oldest);
      }
      this.#addresses.delete(pid);
      const port = connection['port'] === undefined ? undefined : Number(connection['port']);
      this.#addresses.set(pid, { ip: connection['ip'] ?? '', port });
    }
    if (severity === 'FATAL' || severity === 'LOG') {
      for (const [pattern, facts] of patterns) {
        const groups = pattern.exec(message)?.groups;
        if (groups === undefined) continue;
        const found = facts(groups);
        if (severity === 'FATAL' || found.outcome === 'success') addFacts(fields, found);
        break;
      }
    }
    const from = this.#addresses.get(pid);
    // A client on the same host by a socket has no address.
    if (from !== undefined && from.ip !== '[local]')
      addFacts(fields, { src_ip: from.ip, src_port: from.port });
  }
}

const statement =
  /^(?:statement|execute [^:]*|parse [^:]*|bind [^:]*|duration: [\d.]+ ms {2}(?:statement|execute [^:]*)): (?<sql>.*)$/s;

/** The SQL that a message holds; undefined when it holds none. */
export function sqlOf(severity: string, message: string): string | undefined {
  if (severity === 'STATEMENT') return message;
  return severity === 'LOG' ? statement.exec(message)?.groups?.['sql'] : undefined;
}
