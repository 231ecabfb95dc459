/** Which reader understands the messages of which program, and which Sigma service the program is. */
import type { Logsource } from '../record.ts';
import type { AuthFacts, AuthReader } from './facts.ts';
import { readCron, readLogin, readLogind, readPam, readShadow, readSu, readSudo } from './programs.ts';
import { readDovecot, readPostfix, readVsftpd } from './servers.ts';
import { readSshd } from './sshd.ts';

interface Program {
  readonly service: string;
  readonly reader: AuthReader | undefined;
}

const programs = new Map<string, Program>([
  ['sshd', { service: 'sshd', reader: readSshd }],
  ['sshd-session', { service: 'sshd', reader: readSshd }],
  ['sshd-auth', { service: 'sshd', reader: readSshd }],
  ['sudo', { service: 'sudo', reader: readSudo }],
  ['su', { service: 'auth', reader: readSu }],
  ['login', { service: 'auth', reader: readLogin }],
  ['systemd-logind', { service: 'auth', reader: readLogind }],
  ['cron', { service: 'cron', reader: readCron }],
  ['crond', { service: 'cron', reader: readCron }],
  ['dovecot', { service: 'dovecot', reader: readDovecot }],
  ['vsftpd', { service: 'vsftpd', reader: readVsftpd }],
]);
for (const name of 'useradd userdel usermod groupadd groupdel groupmod gpasswd passwd chage chpasswd chfn'.split(
  ' ',
)) {
  programs.set(name, { service: 'auth', reader: readShadow });
}
for (const name of ['clamav', 'clamd', 'freshclam', 'guacamole', 'modsecurity', 'auditd', 'named']) {
  const service = name === 'clamd' || name === 'freshclam' ? 'clamav' : name;
  programs.set(name, { service, reader: undefined });
}

const postfix: Program = { service: 'postfix', reader: readPostfix };
programs.set('smtpd', postfix);

/** The log source of a program that logs people in or acts for them; undefined when it is no such program. */
export function loginSource(programName: string): Logsource | undefined {
  const program = programs.get(programName.toLowerCase());
  return program?.reader === undefined ? undefined : sourceOf(program.service, true);
}

const authSources = new Map<string, Logsource>();
const otherSources = new Map<string, Logsource>();

function sourceOf(service: string, isAuth: boolean): Logsource {
  const sources = isAuth ? authSources : otherSources;
  const known = sources.get(service);
  if (known !== undefined) return known;
  const also = [
    ...(isAuth && service !== 'auth' ? ['auth'] : []),
    ...(service === 'syslog' ? [] : ['syslog']),
  ];
  const source: Logsource = { product: 'linux', service, ...(also.length > 0 && { also }) };
  sources.set(service, source);
  return source;
}

const authFacilities = new Set([4, 10]);

/** Postfix names its parts `postfix/smtpd`, `postfix/submission/smtpd`; a path's last part has been cut off before. */
function unusualProgram(programName: string): Program | undefined {
  const name = programName.toLowerCase();
  return name.startsWith('postfix/') ? postfix : programs.get(name);
}

/** What a program's message says, as far as its reader understands it, and which log source it is of. */
export interface ReadMessage {
  readonly facts: AuthFacts | undefined;
  readonly logsource: Logsource;
}

/**
 * Reads what a program's message says.
 * @param facility syslog facility, when known
 */
export function readProgram(programName: string, message: string, facility: number | undefined): ReadMessage {
  const program = programs.get(programName) ?? unusualProgram(programName);
  const facts = program?.reader?.(message) ?? (message.startsWith('pam_') ? readPam(message) : undefined);
  const isAuth =
    facts !== undefined ||
    (facility !== undefined && authFacilities.has(facility)) ||
    program?.service === 'sshd';
  return { facts, logsource: sourceOf(program?.service ?? (isAuth ? 'auth' : 'syslog'), isAuth) };
}
