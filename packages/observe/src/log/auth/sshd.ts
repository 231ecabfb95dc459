/**
 * Messages of OpenSSH's server (auth.c, auth2.c, packet.c, monitor.c). User names are a client's own words and
 * may hold whole forged messages: every pattern is anchored at both ends, and the address is taken from the
 * side that sshd wrote last.
 */
import type { AuthFacts, AuthReader } from './facts.ts';

interface Pattern {
  /** First letters of the messages that it reads: most messages are told by these to be none. */
  readonly first: string;
  readonly pattern: RegExp;
  /** Groups by their places: V8 takes longer to make an object of named ones than to match. */
  readonly facts: (groups: RegExpExecArray) => AuthFacts;
}

const keyInfo = '(?:: [A-Z0-9@.-]+ (?:SHA256|MD5):\\S+)?';

interface Told {
  readonly method?: string;
  readonly reason?: string;
  readonly isUnknown?: boolean;
}

function logon(
  outcome: 'success' | 'failure',
  user: string | undefined,
  ip: string | undefined,
  port: string | undefined,
  { method, reason, isUnknown = false }: Told = {},
): AuthFacts {
  return {
    kind: 'auth.logon',
    outcome,
    user,
    // sshd writes UNKNOWN where it has no address.
    src_ip: ip === 'UNKNOWN' ? undefined : ip,
    src_port: port === undefined ? undefined : Number(port),
    auth_method: method,
    reason,
    invalid_user: isUnknown ? true : undefined,
  };
}

const failure = (user?: string, ip?: string, port?: string, told?: Told): AuthFacts =>
  logon('failure', user, ip, port, told);

const patterns: readonly Pattern[] = [
  {
    first: 'A',
    // The account exists, so the name is an ordinary one: the first address is the real one, and a
    // certificate's key id, which stands behind it, cannot replace it.
    pattern: /^Accepted (\S+) for (.+?) from (\S+) port (\d+)(?: ssh2)?(?:: .*)?$/s,
    facts: ([, method = '', user, ip, port]) => logon('success', user, ip, port, { method }),
  },
  {
    first: 'F',
    pattern: new RegExp(
      `^Failed (\\S+) for invalid user (.*) from (\\S+) port (\\d+)(?: ssh2)?${keyInfo}$`,
      's',
    ),
    facts: ([, method = '', user, ip, port]) => failure(user, ip, port, { method, isUnknown: true }),
  },
  {
    first: 'F',
    pattern: /^Failed (\S+) for (?!invalid user )(.+?) from (\S+) port (\d+)(?: ssh2)?(?:: .*)?$/s,
    facts: ([, method = '', user, ip, port]) => failure(user, ip, port, { method }),
  },
  {
    first: 'I',
    pattern: /^(?:Invalid|Illegal) user (.*) from (\S+)(?: port (\d+))?$/s,
    facts: ([, user, ip, port]) => failure(user, ip, port, { isUnknown: true, reason: 'invalid user' }),
  },
  {
    first: 'CD',
    pattern:
      /^(?:Connection (?:closed|reset) by|Disconnected from) (authenticating|invalid) user (.*) (\S+) port (\d+)(?: \[preauth\])?$/s,
    facts: ([, how, user, ip, port]) =>
      failure(user, ip, port, { isUnknown: how === 'invalid', reason: 'disconnected' }),
  },
  {
    first: 'D',
    pattern: /^Disconnected from user (.*) (\S+) port (\d+)$/s,
    facts: ([, user, ip, port]) => ({ ...logon('success', user, ip, port), kind: 'auth.logoff' }),
  },
  {
    first: 'e',
    pattern:
      /^error: maximum authentication attempts exceeded for (invalid user )?(.*) from (\S+) port (\d+)(?: ssh2)?(?: \[preauth\])?$/s,
    facts: ([, invalid, user, ip, port]) =>
      failure(user, ip, port, { isUnknown: invalid !== undefined, reason: 'too many attempts' }),
  },
  {
    first: 'U',
    pattern: /^User (.+?) from (\S+) not allowed because (.*)$/s,
    facts: ([, user, ip, reason = '']) => failure(user, ip, undefined, { reason }),
  },
  {
    first: 'R',
    pattern: /^ROOT LOGIN REFUSED FROM (\S+)(?: port (\d+))?$/s,
    facts: ([, ip, port]) => failure('root', ip, port, { reason: 'root login refused' }),
  },
  {
    first: 'fT',
    pattern:
      /^(?:fatal: )?Timeout before authentication for (?:connection from )?(\S+)(?: port (\d+)| to .*)?$/s,
    facts: ([, ip, port]) => failure(undefined, ip, port, { reason: 'timeout' }),
  },
  {
    first: 'P',
    pattern:
      /^PAM (\d+) more authentication failures?; logname=\S* uid=\d* euid=\d* tty=\S* ruser=\S* rhost=(\S*)(?: {2}user=(.*))?$/s,
    facts: ([, count, ip, user]) => failure(user, ip, undefined, { reason: `PAM ${count} more failures` }),
  },
];

const byLetter = new Map<string, Pattern[]>();
for (const pattern of patterns)
  for (const letter of pattern.first) byLetter.set(letter, [...(byLetter.get(letter) ?? []), pattern]);

/** Facts of a message of sshd (or `sshd-session`). */
export const readSshd: AuthReader = message => {
  for (const { pattern, facts } of byLetter.get(message.charAt(0)) ?? []) {
    const groups = pattern.exec(message);
    if (groups !== null) return facts(groups);
  }
  return undefined;
};
