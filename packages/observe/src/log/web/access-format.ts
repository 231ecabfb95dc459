/** Access-log formats: nginx `log_format` and Apache `LogFormat` strings compiled to one anchored pattern. */

/** A compiled format: the pattern, and which field each of its groups holds. */
export interface AccessFormat {
  readonly pattern: RegExp;
  readonly names: readonly string[];
}

const nginxNames: Readonly<Record<string, string>> = {
  remote_addr: 'c-ip',
  remote_port: 'c-port',
  remote_user: 'cs-username',
  time_local: 'time',
  time_iso8601: 'time',
  msec: 'time',
  request: 'request',
  request_method: 'cs-method',
  request_uri: 'target',
  uri: 'cs-uri-stem',
  args: 'cs-uri-query',
  query_string: 'cs-uri-query',
  status: 'sc-status',
  body_bytes_sent: 'sc-bytes',
  bytes_sent: 'sc-bytes',
  http_referer: 'cs-referer',
  http_user_agent: 'cs-user-agent',
  http_cookie: 'cs-cookie',
  http_x_forwarded_for: 'x-forwarded-for',
  host: 'cs-host',
  http_host: 'cs-host',
  server_name: 's-computername',
  server_addr: 's-ip',
  server_port: 's-port',
  server_protocol: 'cs-version',
  request_time: 'time-taken',
};

const apacheNames: Readonly<Record<string, string>> = {
  h: 'c-ip',
  a: 'c-ip',
  l: 'ident',
  u: 'cs-username',
  t: 'time',
  r: 'request',
  s: 'sc-status',
  b: 'sc-bytes',
  B: 'sc-bytes',
  O: 'sc-bytes',
  I: 'cs-bytes',
  m: 'cs-method',
  U: 'cs-uri-stem',
  q: 'cs-uri-query',
  H: 'cs-version',
  v: 's-computername',
  V: 'cs-host',
  p: 's-port',
  A: 's-ip',
  D: 'time-taken',
  T: 'time-taken',
  '{Referer}i': 'cs-referer',
  '{User-Agent}i': 'cs-user-agent',
  '{Cookie}i': 'cs-cookie',
  '{Host}i': 'cs-host',
  '{X-Forwarded-For}i': 'x-forwarded-for',
};

const nginxVariable = /\$(?:\{(\w+)\}|(\w+))/g;
const apacheVariable = /%[<>!,\d]*(\{[^}]{1,100}\}[a-zA-Z]|[a-zA-Z])/g;
const formatLimit = 4096;

const escapePattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** What a value may hold, told from the literal text around it: servers escape quotes inside quotes. */
function valuePattern(before: string, after: string, name: string): string {
  if (before.endsWith('"') && after.startsWith('"')) return '((?:[^"\\\\]|\\\\.)*)';
  if (before.endsWith('[') && after.startsWith(']')) return '([^\\]]*)';
  if (name === 'time' && before.endsWith('[') === false && after.startsWith(' '))
    return '(\\[[^\\]]*\\]|\\S*)';
  if (after === '') return '(.*)';
  // A user name may hold blanks; all else that stands bare cannot.
  return name === 'cs-username' ? '((?:[^"\\\\]|\\\\.)*?)' : '(\\S*?)';
}

/**
 * Compiles a format.
 * @throws TypeError when the string names no variable, or is longer than 4,096 characters
 */
export function compileAccessFormat(format: string): AccessFormat {
  if (format.length > formatLimit)
    throw new TypeError(`access format is longer than ${formatLimit} characters`);
  const isNginx = format.includes('$');
  const text = isNginx ? format : format.replaceAll('\\"', '"');
  const literals: string[] = [];
  const names: string[] = [];
  let from = 0;
  for (const match of text.matchAll(isNginx ? nginxVariable : apacheVariable)) {
    literals.push(text.slice(from, match.index));
    const variable = match[1] ?? match[2] ?? '';
    names.push(
      (isNginx ? nginxNames[variable] : apacheNames[variable]) ?? variable.replace(/^\{(.*)\}.$/, '$1'),
    );
    from = match.index + match[0].length;
  }
  literals.push(text.slice(from));
  if (names.length === 0) throw new TypeError(`access format "${format}" names no variable`);
  let source = '^';
  for (const [index, name] of names.entries()) {
    const before = literals[index] ?? '';
    source += escapePattern(before) + valuePattern(before, literals[index + 1] ?? '', name);
  }
  return { pattern: new RegExp(`${source}${escapePattern(literals.at(-1) ?? '')}$`, 's'), names };
}
