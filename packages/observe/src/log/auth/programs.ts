/** Messages of sudo, su, login, PAM, cron, logind and the account tools (shadow-utils). */
import type { EventKind } from '@redoubt/model';
import type { AuthFacts, AuthReader } from './facts.ts';

const sudoLine =
  /^\s*(?<actor>.+?) : (?:(?<reason>[^;=]+?) ; )?TTY=(?<tty>.*?) ; PWD=(?<cwd>.*?) ; (?:CHROOT=.*? ; )?(?:GROUP=(?<group>.*?) ; )?USER=(?<user>.*?) ; (?:GROUP=.*? ; )?(?:TSID=\w+ ; )?(?:ENV=.*? ; )?COMMAND=(?<command>.*)$/s;

/**
 * sudo. Directory and arguments are the caller's own words and may hold ` ; COMMAND=`: the command is all that
 * follows the first occurrence, so that nothing can hide in it, and the record is marked as ambiguous.
 */
export const readSudo: AuthReader = message => {
  const groups = sudoLine.exec(message)?.groups;
  if (groups === undefined) return undefined;
  const refused = groups['reason'] !== undefined;
  return {
    kind: refused ? 'auth.logon' : 'process.exec',
    outcome: refused ? 'failure' : 'success',
    actor: groups['actor'],
    user: groups['user'],
    group: groups['group'],
    tty: groups['tty'],
    cwd: groups['cwd'],
    command: groups['command'],
    reason: groups['reason'],
    ambiguous: message.split(' ; COMMAND=', 3).length > 2 ? true : undefined,
  };
};

const suPatterns: readonly (readonly [RegExp, 'success' | 'failure'])[] = [
  [/^FAILED SU \(to (?<user>\S+)\) (?<actor>\S+) on (?<tty>\S+)$/, 'failure'],
  [/^\(to (?<user>\S+)\) (?<actor>\S+) on (?<tty>\S+)$/, 'success'],
  [/^FAILED su for (?<user>\S+) by (?<actor>\S+)$/, 'failure'],
  [/^Successful su for (?<user>\S+) by (?<actor>\S+)$/, 'success'],
  [/^- (?<tty>\S+) (?<actor>[^:\s]+):(?<user>\S+)$/, 'failure'],
  [/^\+ (?<tty>\S+) (?<actor>[^:\s]+):(?<user>\S+)$/, 'success'],
];

/** su, of util-linux and of shadow. */
export const readSu: AuthReader = message => {
  for (const [pattern, outcome] of suPatterns) {
    const groups = pattern.exec(message)?.groups;
    if (groups !== undefined) return { kind: 'auth.logon', outcome, auth_method: 'su', ...groups };
  }
  return undefined;
};

const pamHead = /^pam_\w+\(([^)]*?)(?::[\w-]+)?\): /;
// What PAM itself writes comes first; the user, a client's own word, comes last: the first match of each is real.
const pamFailure =
  /^authentication failure; logname=(.*?) uid=\d* euid=\d* tty=(.*?) ruser=(.*?) rhost=(\S*)(?: +user=(.*))?$/s;
const pamOpened = /^session opened for user (.+?)(?:\(uid=(\d+)\))?(?: by (.*?)\(uid=\d+\))?$/s;

/** Messages that PAM modules write under the name of any program. */
export const readPam: AuthReader = message => {
  const head = pamHead.exec(message);
  if (head === null) return undefined;
  const [whole, method] = head;
  const text = message.slice(whole.length);
  const failed = pamFailure.exec(text);
  if (failed !== null) {
    const [, name, tty, remoteName, ip, user] = failed;
    const actor = remoteName || name;
    return {
      kind: 'auth.logon',
      outcome: 'failure',
      auth_method: method,
      user,
      actor,
      tty,
      src_ip: ip,
    };
  }
  const opened = pamOpened.exec(text);
  if (opened !== null) {
    const [, user, uid, actor] = opened;
    return { kind: 'auth.logon', outcome: 'success', auth_method: method, user, uid, actor };
  }
  const closed = /^session closed for user (?<user>.+)$/s.exec(text)?.groups;
  if (closed !== undefined)
    return { kind: 'auth.logoff', outcome: 'success', auth_method: method, ...closed };
  const changed = /^password changed for (?<user>.+)$/s.exec(text)?.groups;
  if (changed !== undefined) return { kind: 'account.password_change', outcome: 'success', ...changed };
  const unknown = /^check pass; user unknown$/.test(text);
  return unknown
    ? { kind: 'auth.logon', outcome: 'failure', auth_method: method, invalid_user: true }
    : undefined;
};

const shadow: readonly (readonly [RegExp, EventKind])[] = [
  [
    /^new user: name=(?<user>[^,]+), UID=(?<uid>\d+), GID=\d+, home=(?<home>.*), shell=(?<shell>[^,]*)(?:, from=(?<tty>.*))?$/s,
    'account.create',
  ],
  [/^new group: name=(?<group>[^,]+), GID=\d+.*$/s, 'group.create'],
  [/^group added to \S+: name=(?<group>[^,]+), GID=\d+$/s, 'group.create'],
  [/^delete user '(?<user>.+)'$/s, 'account.delete'],
  [/^(?:removed|delete) group '(?<group>.+?)'(?: owned by .*| from .*)?$/s, 'group.delete'],
  [/^group '(?<group>.+?)' removed(?: from .*)?$/s, 'group.delete'],
  [/^add '(?<user>.+?)' to (?:shadow )?group '(?<group>.+?)'$/s, 'group.add_user'],
  [/^delete '(?<user>.+?)' from (?:shadow )?group '(?<group>.+?)'$/s, 'group.remove_user'],
  [/^user (?<user>\S+) added by (?<actor>\S+) to group (?<group>\S+)$/, 'group.add_user'],
  [/^user (?<user>\S+) removed by (?<actor>\S+) from group (?<group>\S+)$/, 'group.remove_user'],
  [/^lock user '(?<user>.+?)' password$/s, 'account.lock'],
  [/^unlock user '(?<user>.+?)' password$/s, 'account.enable'],
  [/^change user '(?<user>.+?)' .*$/s, 'account.modify'],
  [/^changed password expiry for (?<user>\S+)$/, 'account.modify'],
  [/^password for '(?<user>.+?)' changed by '(?<actor>.+?)'$/s, 'account.password_change'],
];

/** useradd, usermod, userdel, groupadd, gpasswd, passwd, chage. */
export const readShadow: AuthReader = message => {
  for (const [pattern, kind] of shadow) {
    const groups = pattern.exec(message)?.groups;
    if (groups !== undefined) return { kind, outcome: 'success', ...groups };
  }
  return undefined;
};

const login: readonly (readonly [RegExp, AuthFacts])[] = [
  [
    /^FAILED LOGIN (?:\(\d+\) |SESSION )?(?:on|FROM) '?(?<tty>.*?)'? (?:from '.*?' )?FOR '?(?<user>.*?)'?, (?<reason>.*)$/s,
    { kind: 'auth.logon', outcome: 'failure' },
  ],
  [
    /^ROOT LOGIN +(?:ON|on) '?(?<tty>[^']+?)'?(?: FROM .*| from .*)?$/s,
    { kind: 'auth.logon', outcome: 'success', user: 'root' },
  ],
  [/^LOGIN ON (?<tty>\S+) BY (?<user>\S+)(?: FROM .*)?$/s, { kind: 'auth.logon', outcome: 'success' }],
];

/** login on a terminal. */
export const readLogin: AuthReader = message => {
  for (const [pattern, base] of login) {
    const groups = pattern.exec(message)?.groups;
    if (groups !== undefined) return { ...base, ...groups };
  }
  return undefined;
};

/** Jobs that cron starts. */
export const readCron: AuthReader = message => {
  const groups = /^\((?<user>[^)\s]+)\) CMD \((?<command>.*)\)$/s.exec(message)?.groups;
  return groups === undefined ? undefined : { kind: 'process.exec', outcome: 'success', ...groups };
};

/** Sessions that systemd-logind keeps. */
export const readLogind: AuthReader = message => {
  const groups = /^New session (?:'?\S+?'?) of user '?(?<user>.+?)'?(?: with .*)?\.$/s.exec(message)?.groups;
  return groups === undefined
    ? undefined
    : { kind: 'auth.logon', outcome: 'success', auth_method: 'session', ...groups };
};
