/** Log sources that a host has without being told. */
import { accessSync, constants, existsSync, globSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { FileSourceConfig, LogSourceConfig } from './types.ts';

/** Programs whose messages tell of accounts, log-ins and privilege, as they name themselves in the journal. */
const identityPrograms = [
  'sshd',
  'sshd-session',
  'sudo',
  'su',
  'login',
  'systemd-logind',
  'useradd',
  'usermod',
  'userdel',
  'groupadd',
  'gpasswd',
  'passwd',
  'chage',
  'polkitd',
  'crontab',
  'CRON',
  'crond',
  'dovecot',
  'postfix/smtpd',
  'postfix/submission/smtpd',
  'postfix/smtps/smtpd',
  'vsftpd',
];

/** Files of one program: a source where one of the patterns names a file that can be read. */
const found: readonly { name: string; patterns: readonly string[]; format?: FileSourceConfig['format'] }[] = [
  { name: 'nginx-access', patterns: ['var/log/nginx/*access*.log'], format: 'web-access' },
  { name: 'nginx-error', patterns: ['var/log/nginx/*error*.log'], format: 'nginx-error' },
  {
    name: 'apache-access',
    patterns: ['var/log/apache2/*access*.log', 'var/log/httpd/*access*_log', 'var/log/httpd/*access*.log'],
    format: 'web-access',
  },
  {
    name: 'apache-error',
    patterns: ['var/log/apache2/*error*.log', 'var/log/httpd/*error*_log', 'var/log/httpd/*error*.log'],
    format: 'apache-error',
  },
  // Serial or JSON, as the server is set up: recognised from the first lines.
  {
    name: 'modsecurity',
    patterns: [
      'var/log/modsec_audit.log',
      'var/log/{apache2,httpd,nginx,modsecurity}/modsec_audit.log',
      'var/log/modsecurity/audit.log',
    ],
  },
  { name: 'coraza', patterns: ['var/log/coraza/audit.log'] },
  { name: 'postgresql', patterns: ['var/log/postgresql/*.log'], format: 'postgresql' },
  { name: 'postgresql-csv', patterns: ['var/log/postgresql/*.csv'], format: 'postgresql-csv' },
  { name: 'postgresql-json', patterns: ['var/log/postgresql/*.json'], format: 'postgresql-json' },
  {
    name: 'mysql-error',
    patterns: ['var/log/{mysql,mariadb}/error.log', 'var/log/{mysqld,mariadb/mariadb}.log'],
    format: 'mysql-error',
  },
  // Written only where an administrator switched them on; they hold every statement.
  {
    name: 'mysql-general',
    patterns: ['var/log/{mysql,mariadb}/{mysql,general}.log'],
    format: 'mysql-general',
  },
  {
    name: 'mysql-slow',
    patterns: ['var/log/{mysql,mariadb}/{mysql-slow,mariadb-slow,slow}.log'],
    format: 'mysql-slow',
  },
  { name: 'mail', patterns: ['var/log/{mail.log,maillog}'], format: 'syslog' },
  { name: 'vsftpd', patterns: ['var/log/vsftpd.log'], format: 'vsftpd' },
];

/**
 * The sources found on a host. Files that this user may not read are left out.
 * @param root another root, for tests
 */
export function defaultSources(root = '/'): LogSourceConfig[] {
  const sources: LogSourceConfig[] = [];
  const authentication = ['var/log/auth.log', 'var/log/secure']
    .map(path => join(root, path))
    .find(isReadable);
  if (authentication !== undefined) sources.push(fileSource('auth', [authentication], 'syslog'));
  else if (hasJournal(root)) {
    const identifiers = identityPrograms;
    sources.push({ type: 'journal', name: 'auth', units: [], identifiers, from: 'end' });
  }
  for (const { name, patterns, format } of found) {
    const paths = patterns.map(pattern => join(root, pattern));
    const present = paths.filter(pattern => globSync(pattern).some(isReadable));
    if (present.length > 0) sources.push(fileSource(name, present, format));
  }
  const audit = join(root, 'var/log/audit/audit.log');
  if (isReadable(audit) && isAuditdRunning(root)) sources.push(fileSource('auditd', [audit], 'auditd'));
  return sources;
}

function fileSource(
  name: string,
  paths: readonly string[],
  format: FileSourceConfig['format'],
): FileSourceConfig {
  return { type: 'file', name, paths, ...(format !== undefined && { format }), from: 'end' };
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** A journal that is kept, by a journald that runs, and the program that reads it. */
function hasJournal(root: string): boolean {
  if (!existsSync(join(root, 'run/systemd/journal/socket'))) return false;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some(folder => existsSync(join(root, folder, 'journalctl')));
}

function isAuditdRunning(root: string): boolean {
  try {
    const pid = readFileSync(join(root, 'run/auditd.pid'), 'utf8').trim();
    return /^\d+$/.test(pid) && readFileSync(join(root, 'proc', pid, 'comm'), 'utf8').trim() === 'auditd';
  } catch {
    return false;
  }
}
