/**
 * Messages of OpenSSH's server (auth.c, auth2.c, packet.c, monitor.c). User names are a client's own words and
 * may hold whole forged messages: every pattern is anchored at both ends, and the address is taken from the
 * side that sshd wrote last.
 */
import type { AuthFacts, AuthReader } from './facts.ts';

type Groups = Readonly<Record<string, string | undefined>>;

interface Pattern {
  /** First letters of the messages that it reads: most messages are told by these to be none. */
  readonly first: string;
  readonly pattern: RegExp;
  readonly facts: (groups: Groups) => AuthFacts;
}

const keyInfo = '(?:: [A-Z0-9@.-]+ (?:SHA256|MD5):\\S+)?';

const failure = (groups: Groups, more: Partial<AuthFacts> = {}): AuthFacts => ({
  kind: 'auth.logon',
  outcome: 'failure',
  user: groups['user'],
  src_ip: groups['ip'],
  src_port: groups['port'] === undefined ? undefined : Number(groups['port']),
  ...more,
});

const patterns: readonly Pattern[] = [
  {
    first: 'A',
    // The account exists, so the name is an ordinary one: the first address is the real one, and a
    // certificate's key id, which stands behind it, cannot replace it.
    pattern:
      /^Accepted (?<method>\S+) for (?<user>.+?) from (?<ip>\S+) port (?<port>\d+)(?: ssh2)?(?:: (?<key>.*))?$/s,
    facts: g => ({
      kind: 'auth.logon',
      outcome: 'success',
      user: g['user'],
      src_ip: g['ip'],
      src_port: Number(g['port']),
      auth_method: g['method'],
    }),
  },
  {
    first: 'F',
    pattern: new RegExp(
      `^Failed (?<method>\\S+) for invalid user (?<user>.*) from (?<ip>\\S+) port (?<port>\\d+)(?: ssh2)?${keyInfo}$`,
      's',
    ),
    facts: g => failure(g, { auth_method: g['method'], invalid_user: true }),
  },
  {
    first: 'F',
    pattern:
      /^Failed (?<method>\S+) for (?!invalid user )(?<user>.+?) from (?<ip>\S+) port (?<port>\d+)(?: ssh2)?(?:: .*)?$/s,
    facts: g => failure(g, { auth_method: g['method'] }),
  },
  {
    first: 'I',
    pattern: /^(?:Invalid|Illegal) user (?<user>.*) from (?<ip>\S+)(?: port (?<port>\d+))?$/s,
    facts: g => failure(g, { invalid_user: true, reason: 'invalid user' }),
  },
  {
    first: 'CD',
    pattern:
      /^(?:Connection (?:closed|reset) by|Disconnected from) (?<how>authenticating|invalid) user (?<user>.*) (?<ip>\S+) port (?<port>\d+)(?: \[preauth\])?$/s,
    facts: g =>
      failure(g, { invalid_user: g['how'] === 'invalid' ? true : undefined, reason: 'disconnected' }),
  },
  {
    first: 'D',
    pattern: /^Disconnected from user (?<user>.*) (?<ip>\S+) port (?<port>\d+)$/s,
    facts: g => failure(g, { kind: 'auth.logoff', outcome: 'success' }),
  },
  {
    first: 'e',
    pattern:
      /^error: maximum authentication attempts exceeded for (?<how>invalid user )?(?<user>.*) from (?<ip>\S+) port (?<port>\d+)(?: ssh2)?(?: \[preauth\])?$/s,
    facts: g =>
      failure(g, { invalid_user: g['how'] === undefined ? undefined : true, reason: 'too many attempts' }),
  },
  {
    first: 'U',
    pattern: /^User (?<user>.+?) from (?<ip>\S+) not allowed because (?<reason>.*)$/s,
    facts: g => failure(g, { reason: g['reason'] }),
  },
  {
    first: 'R',
    pattern: /^ROOT LOGIN REFUSED FROM (?<ip>\S+)(?: port (?<port>\d+))?$/s,
    facts: g => failure(g, { user: 'root', reason: 'root login refused' }),
  },
  {
    first: 'fT',
    pattern:
      /^(?:fatal: )?Timeout before authentication for (?:connection from )?(?<ip>\S+)(?: port (?<port>\d+)| to .*)?$/s,
    facts: g => failure(g, { reason: 'timeout' }),
  },
];

const pam =
  /^PAM (?<count>\d+) more authentication failures?; logname=\S* uid=\d* euid=\d* tty=\S* ruser=\S* rhost=(?<ip>\S*)(?: {2}user=(?<user>.*))?$/s;

/** Facts of a message of sshd (or `sshd-session`). */
export const readSshd: AuthReader = message => {
  const letter = message.charAt(0);
  for (const { first, pattern, facts } of patterns) {
    if (!first.includes(letter)) continue;
    const groups = pattern.exec(message)?.groups;
    if (groups === undefined) continue;
    const found = facts(groups);
    // sshd writes UNKNOWN where it has no address.
    return found.src_ip === 'UNKNOWN' ? { ...found, src_ip: undefined } : found;
  }
  const groups = letter === 'P' ? pam.exec(message)?.groups : undefined;
  return groups === undefined
    ? undefined
    : failure(groups, { reason: `PAM ${groups['count']} more failures` });
};
