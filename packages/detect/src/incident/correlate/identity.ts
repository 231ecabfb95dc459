/** Who a name means: the same account is written in several ways by hosts, directories and logs. */

/** An account, as one identity whatever the spelling. */
export interface Identity {
  /** Lower case, without domain or realm; a machine account keeps its `$`. */
  readonly name: string;
  /** An account of a computer rather than of a person. */
  readonly machine: boolean;
}

/** Domains whose accounts are parts of the system. */
const systemDomains = new Set([
  'nt authority',
  'nt service',
  'window manager',
  'font driver host',
  'builtin',
]);

/** Accounts that many unrelated things run under; sharing one ties nothing together. */
const sharedAccounts = new Set([
  'root',
  'system',
  'local service',
  'network service',
  'localservice',
  'networkservice',
  'anonymous logon',
  'nobody',
  'daemon',
  'www-data',
  'krbtgt',
]);

/** Accounts that may do anything on their host or in their domain. */
const privilegedAccounts = new Set(['root', 'system', 'administrator']);

const longestName = 256;

/**
 * One identity of `DOMAIN\user`, `user@REALM`, `DOMAIN\user@REALM` (as event 4769 has it) and `user`.
 * @returns undefined for no name, and for accounts that are shared by the whole system
 */
export function identityOf(account: string | undefined): Identity | undefined {
  if (account === undefined || account.length > longestName) return undefined;
  const text = account.trim().toLowerCase();
  const slash = text.lastIndexOf('\\');
  if (slash >= 0 && systemDomains.has(text.slice(0, slash))) return undefined;
  const [name = ''] = text.slice(slash + 1).split('@', 1);
  if (name === '' || name === '-' || sharedAccounts.has(name)) return undefined;
  return { name, machine: name.endsWith('$') };
}

/** Whether an account of this name or numeric id may do anything. */
export function isPrivileged(account: string | undefined, uid?: string): boolean {
  if (uid === '0' || uid === 'S-1-5-18' || /^S-1-5-21-.*-500$/.test(uid ?? '')) return true;
  const name = account?.trim().toLowerCase().split('\\').at(-1)?.split('@', 1)[0];
  return name !== undefined && privilegedAccounts.has(name);
}

/** Whether a numeric Linux user id is of a person: system accounts lie below 1000, `nobody` at 65534. */
export function isPersonalUid(uid: number | undefined): boolean {
  return uid !== undefined && uid >= 1000 && uid !== 65_534 && uid < 0xffff_ffff;
}
