/** The account files: passwd(5), group(5), shadow(5). Of passwords nothing is kept but what kind they are. */

/** Lines read of one account file. */
const mostLines = 200_000;

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly comment: string;
  readonly home: string;
  readonly shell: string;
  /** What stands in the password field; a hash there is readable by everybody. */
  readonly password: PasswordKind;
}

export interface Group {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** What kind of password an account has. `shadow`: it stands in the shadow file. */
export type PasswordKind = 'none' | 'locked' | 'empty' | 'shadow' | PasswordScheme;
type PasswordScheme = 'descrypt' | 'md5' | 'bcrypt' | 'sha256' | 'sha512' | 'yescrypt' | 'scrypt' | 'unknown';

export interface ShadowFacts {
  readonly name: string;
  readonly password: PasswordKind;
  /** Whether a hash stands behind a `!`: the account can be unlocked with its old password. */
  readonly isLocked: boolean;
  /** Days since 1970-01-01; undefined when the field is empty. */
  readonly changed: number | undefined;
  /** Longest age of the password, days. */
  readonly longestAge: number | undefined;
  /** Day of the account's end, days since 1970-01-01. */
  readonly ends: number | undefined;
}

/** Prefixes of crypt(5). */
const schemes: readonly (readonly [prefix: string, scheme: PasswordScheme])[] = [
  ['$1$', 'md5'],
  ['$2', 'bcrypt'],
  ['$5$', 'sha256'],
  ['$6$', 'sha512'],
  ['$7$', 'scrypt'],
  ['$y$', 'yescrypt'],
  ['$gy$', 'yescrypt'],
];

/** What kind of password a field of passwd(5) or shadow(5) holds. */
export function passwordKind(field: string): PasswordKind {
  if (field === '') return 'empty';
  if (field === 'x') return 'shadow';
  const hash = field.replace(/^!+/, '');
  if (hash === '' || hash === '*' || hash === '*LK*') return field.startsWith('!') ? 'locked' : 'none';
  const known = schemes.find(([prefix]) => hash.startsWith(prefix));
  if (known !== undefined) return known[1];
  if (/^[./0-9A-Za-z]{13}$/.test(hash)) return 'descrypt';
  return hash.startsWith('*') || hash === 'NP' ? 'none' : 'unknown';
}

/** Lines of an account file, split at colons; comments and NIS lines (`+`, `-`) are left out. */
function records(text: string, fields: number): string[][] {
  return text
    .split('\n', mostLines)
    .filter(line => line !== '' && !/^[#+-]/.test(line))
    .map(line => line.split(':'))
    .filter(parts => parts.length >= fields && parts[0] !== '');
}

function id(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

/** Accounts of passwd(5) text, in its order; lines of another form are left out. */
export function parsePasswd(text: string): Account[] {
  return records(text, 7).flatMap(
    ([name = '', password = '', uidText, gidText, comment = '', home = '', shell = '']) => {
      const uid = id(uidText);
      const gid = id(gidText);
      if (uid === undefined || gid === undefined) return [];
      return [{ name, uid, gid, comment, home, shell, password: passwordKind(password) }];
    },
  );
}

/** Groups of group(5) text. */
export function parseGroup(text: string): Group[] {
  return records(text, 4).flatMap(([name = '', , gidText, members = '']) => {
    const gid = id(gidText);
    return gid === undefined ? [] : [{ name, gid, members: members.split(',').filter(Boolean) }];
  });
}

/** Facts of shadow(5) text, without any hash. */
export function parseShadow(text: string): ShadowFacts[] {
  return records(text, 2).map(([name = '', password = '', changed, , longestAge, , , ends]) => ({
    name,
    password: passwordKind(password),
    isLocked: password.startsWith('!') || password.startsWith('*'),
    changed: id(changed),
    longestAge: id(longestAge),
    ends: id(ends),
  }));
}
