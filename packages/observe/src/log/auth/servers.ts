/**
 * Log-ins to servers of mail and files, as they write them to syslog: Dovecot, Postfix (SASL), vsftpd. User names
 * are a client's own words: patterns are anchored at both ends, and the address is what the server itself writes.
 */
import type { AuthFacts, AuthReader } from './facts.ts';

type Groups = Readonly<Record<string, string | undefined>>;

function logon(outcome: 'success' | 'failure', groups: Groups, more: Partial<AuthFacts> = {}): AuthFacts {
  return {
    kind: 'auth.logon',
    outcome,
    user: groups['user'],
    src_ip: groups['ip'],
    src_port: groups['port'] === undefined ? undefined : Number(groups['port']),
    auth_method: groups['method'],
    ...more,
  };
}

/** The server's own words end at `user=<`; behind the name the last of what the server writes is the real one. */
const dovecotLogin =
  /^(?:imap|pop3|submission|managesieve|sieve)-login: (?<text>[^<]{1,200}?): user=<(?<user>.*)>, (?:method=(?<method>[A-Za-z0-9-]+), )?rip=(?<ip>[0-9A-Fa-f.:]+)(?:, rport=(?<port>\d+))?, lip=[0-9A-Fa-f.:]+(?:, .*)?$/s;
const dovecotWorker =
  /^auth(?:-worker)?(?:\(\d+\))?: (?:(?:Info|Error|Warning): )?(?:conn [^:]*: auth-worker<\d+>: )?(?:\w+|sql|pam|passwd-file|ldap)\((?<user>.*),(?<ip>[0-9A-Fa-f.:]+)(?:,<[^>]*>)?\): (?<reason>(?:Password mismatch|unknown user|pam_authenticate\(\) failed|Invalid credentials|Auth failed).*)$/is;

/** Dovecot: IMAP, POP3 and submission. A session that ended without an attempt is no failed log-in. */
export const readDovecot: AuthReader = message => {
  const worker = dovecotWorker.exec(message)?.groups;
  if (worker !== undefined) return logon('failure', worker, { reason: worker['reason'] });
  const login = dovecotLogin.exec(message)?.groups;
  if (login === undefined) return undefined;
  const text = login['text'] ?? '';
  if (text === 'Login') return logon('success', login);
  return /auth failed|auth_failed|too many|Maximum number/i.test(text)
    ? logon('failure', login, { reason: text })
    : undefined;
};

const postfixFailure =
  /^warning: (?:\S+)\[(?<ip>[0-9A-Fa-f.:]+)\](?::(?<port>\d+))?: SASL (?<method>[A-Za-z0-9-]+) authentication failed: ?(?<reason>.*?)(?:, sasl_username=(?<user>.*))?$/s;
const postfixLogin =
  /^[0-9A-Za-z]{5,25}: client=\S+\[(?<ip>[0-9A-Fa-f.:]+)\](?::(?<port>\d+))?, sasl_method=(?<method>[A-Za-z0-9-]+), sasl_username=(?<user>.*?)(?:, sasl_sender=.*)?$/s;

/** Postfix's smtpd: who could not log in to send mail, and who did. */
export const readPostfix: AuthReader = message => {
  const failed = postfixFailure.exec(message)?.groups;
  if (failed !== undefined) return logon('failure', failed, { reason: failed['reason'] });
  const sent = postfixLogin.exec(message)?.groups;
  return sent === undefined ? undefined : logon('success', sent);
};

const vsftpd =
  /^(?:[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4} )?(?:\[pid \d+\] )?\[(?<user>.*)\] (?<outcome>OK|FAIL) LOGIN: Client "(?<ip>[^"]*)"(?:, anon password ".*")?$/s;

/** vsftpd. An anonymous log-in is one too. */
export const readVsftpd: AuthReader = message => {
  const groups = vsftpd.exec(message)?.groups;
  if (groups === undefined) return undefined;
  const ip = groups['ip']?.replace(/^::ffff:(?=\d+\.)/, '');
  return logon(groups['outcome'] === 'OK' ? 'success' : 'failure', { ...groups, ip }, { auth_method: 'ftp' });
};
