/** Makes a configuration of the text of `logs.yml`. */
import { isIP } from 'node:net';
import { isAbsolute } from 'node:path';
import { YamlCursor } from '@redoubt/act/yaml';
import type { LogFormat } from '@redoubt/observe/log';
import type {
  FileSourceConfig,
  JournalSourceConfig,
  LogSourceConfig,
  LogsConfig,
  SyslogSourceConfig,
  TlsConfig,
  WindowsSourceConfig,
} from './types.ts';

/** Formats that a growing file can have; EVTX files are binary and are read whole by `redoubt detect`. */
export const fileFormats = [
  'syslog',
  'web-access',
  'nginx-error',
  'apache-error',
  'modsecurity',
  'modsecurity-json',
  'auditd',
  'suricata-eve',
  'zeek',
  'zeek-json',
  'kubernetes-audit',
  'journald-export',
  'journald-json',
  'windows-xml',
  'winlogbeat',
  'cloudtrail',
  'actiontrail',
  'vpc-flow',
  'postgresql',
  'postgresql-csv',
  'postgresql-json',
  'mysql-error',
  'mysql-general',
  'mysql-slow',
  'vsftpd',
  'ecs',
  'ocsf',
  'jsonl',
] as const satisfies readonly LogFormat[];

const sourceTypes = ['file', 'journal', 'syslog', 'winevents'] as const;
const starts = ['start', 'end'] as const;
/** Every source costs a watch and memory. */
const sourcesLimit = 200;

type Entries = ReadonlyMap<string, YamlCursor>;

/**
 * Parses the text of a configuration.
 * @param file name of the file, for messages
 * @throws LogsConfigError naming the line and the key
 */
export function parseLogsConfig(text: string, file: string): LogsConfig {
  const top = YamlCursor.of(text, file).entries(['defaults', 'except', 'sources']);
  const items = top.get('sources')?.items() ?? [];
  if (items.length > sourcesLimit) {
    top.get('sources')?.fail(`has more than ${sourcesLimit} entries`, `超过 ${sourcesLimit} 项`);
  }
  const names = new Set<string>();
  return {
    defaults: top.get('defaults')?.boolean() ?? true,
    except: top.get('except')?.items().map(nameOf) ?? [],
    sources: items.map(item => sourceOf(item, names)),
  };
}

function nameOf(cursor: YamlCursor): string {
  const name = cursor.text();
  if (/^[a-z0-9][a-z0-9._-]{0,63}$/.test(name)) return name;
  return cursor.fail(
    'must be 1 to 64 lower-case letters, digits, ".", "_" or "-"',
    '必须由 1 到 64 个小写字母、数字、“.”、“_”或“-”组成',
  );
}

const keysOfType = {
  file: ['paths', 'format', 'access_format', 'timezone', 'from'],
  journal: ['units', 'identifiers', 'directory', 'from'],
  syslog: ['address', 'udp', 'tcp', 'tls', 'timezone'],
  winevents: ['address', 'port', 'token_file', 'tls', 'plain'],
} as const;

function sourceOf(item: YamlCursor, names: Set<string>): LogSourceConfig {
  const all = Object.values(keysOfType).flat();
  const type = required(item, item.entries(['name', 'type', ...all]), 'type').oneOf(sourceTypes);
  const entries = item.entries(['name', 'type', ...keysOfType[type]]);
  const named = required(item, entries, 'name');
  const name = nameOf(named);
  if (names.has(name)) named.fail(`"${name}" is the name of two sources`, `“${name}”是两个来源的名称`);
  names.add(name);
  if (type === 'file') return fileSource(item, name, entries);
  if (type === 'journal') return journalSource(name, entries);
  if (type === 'syslog') return syslogSource(item, name, entries);
  return windowsSource(item, name, entries);
}

function required(item: YamlCursor, entries: Entries, key: string): YamlCursor {
  return entries.get(key) ?? item.fail(`has no "${key}"`, `缺少“${key}”`);
}

function absolute(cursor: YamlCursor, path: string): string {
  if (isAbsolute(path)) return path;
  return cursor.fail(`"${path}" is not an absolute path`, `“${path}”不是绝对路径`);
}

function address(cursor: YamlCursor): string {
  const text = cursor.text();
  if (isIP(text) !== 0) return text;
  return cursor.fail(`"${text}" is not an IP address`, `“${text}”不是 IP 地址`);
}

function timezone(cursor: YamlCursor | undefined): { timezone?: string } {
  if (cursor === undefined) return {};
  const text = cursor.text();
  if (/^[+-]\d\d:\d\d$/.test(text)) return { timezone: text };
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
  } catch {
    cursor.fail(`"${text}" is not a time zone such as Asia/Shanghai or +08:00`, `“${text}”不是有效时区`);
  }
  return { timezone: text };
}

function fileSource(item: YamlCursor, name: string, entries: Entries): FileSourceConfig {
  const paths = required(item, entries, 'paths');
  const format = entries.get('format')?.oneOf(fileFormats);
  const access = entries.get('access_format');
  if (access !== undefined && format !== 'web-access') {
    access.fail('is only for the format web-access', '仅适用于 web-access 格式');
  }
  return {
    type: 'file',
    name,
    paths: paths.texts().map(path => absolute(paths, path)),
    ...(format !== undefined && { format }),
    ...(access !== undefined && { accessFormat: access.text() }),
    ...timezone(entries.get('timezone')),
    from: entries.get('from')?.oneOf(starts) ?? 'end',
  };
}

function journalSource(name: string, entries: Entries): JournalSourceConfig {
  const directory = entries.get('directory');
  const units = entries.get('units');
  const wrong = units?.texts().find(unit => !/^[\w@:.\\-]{1,255}$/.test(unit) || unit.startsWith('-'));
  if (wrong !== undefined) units?.fail(`"${wrong}" is not the name of a unit`, `“${wrong}”不是单元名称`);
  return {
    type: 'journal',
    name,
    units: units?.texts() ?? [],
    identifiers: entries.get('identifiers')?.texts() ?? [],
    ...(directory !== undefined && { directory: absolute(directory, directory.text()) }),
    from: entries.get('from')?.oneOf(starts) ?? 'end',
  };
}

function tlsOf(cursor: YamlCursor, more: readonly string[]): TlsConfig & { entries: Entries } {
  const entries = cursor.entries(['certificate', 'key', 'client_authorities', ...more]);
  const path = (key: string): string => {
    const found = required(cursor, entries, key);
    return absolute(found, found.text());
  };
  return {
    certificate: path('certificate'),
    key: path('key'),
    ...(entries.has('client_authorities') && { clientAuthorities: path('client_authorities') }),
    entries,
  };
}

function syslogSource(item: YamlCursor, name: string, entries: Entries): SyslogSourceConfig {
  const [udp, tcp, tls] = [entries.get('udp'), entries.get('tcp'), entries.get('tls')];
  if (udp === undefined && tcp === undefined && tls === undefined) {
    item.fail('needs at least one of "udp", "tcp" and "tls"', '“udp”、“tcp”、“tls”至少需要一个');
  }
  const secured = tls === undefined ? undefined : tlsOf(tls, ['port']);
  const { entries: tlsEntries, ...certificate } = secured ?? {};
  return {
    type: 'syslog',
    name,
    address: address(required(item, entries, 'address')),
    ...(udp !== undefined && { udp: udp.port() }),
    ...(tcp !== undefined && { tcp: tcp.port() }),
    ...(tls !== undefined &&
      tlsEntries !== undefined && {
        tlsPort: required(tls, tlsEntries, 'port').port(),
        tls: certificate as TlsConfig,
      }),
    ...timezone(entries.get('timezone')),
  };
}

function windowsSource(item: YamlCursor, name: string, entries: Entries): WindowsSourceConfig {
  const at = required(item, entries, 'address');
  const token = required(item, entries, 'token_file');
  const tls = entries.get('tls');
  const plain = entries.get('plain')?.boolean() ?? false;
  const listens = address(at);
  const isLocal = listens === '::1' || listens.startsWith('127.');
  if (!isLocal && tls === undefined && !plain) {
    at.fail(
      `${listens} is reached by others, so "tls" is needed (or "plain: true", which lets the token be read on the way)`,
      `${listens} 可被其他主机访问，因此需要“tls”（或设置“plain: true”，但令牌会以明文传输）`,
    );
  }
  const { entries: _, ...certificate } = tls === undefined ? { entries: undefined } : tlsOf(tls, []);
  return {
    type: 'winevents',
    name,
    address: listens,
    port: required(item, entries, 'port').port(),
    tokenFile: absolute(token, token.text()),
    ...(tls !== undefined && { tls: certificate as TlsConfig }),
    plain,
  };
}
