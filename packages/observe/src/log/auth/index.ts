/** Which reader understands the messages of which program, and which Sigma service the program is. */
import type { Event, FieldValue } from '@redoubt/model';
import {
  addressOf,
  deviceOf,
  endpointOf,
  logEvent,
  present,
  textOf,
  userOf,
  wholeOf,
} from '../event/compose.ts';
import { type LogFields, type LogRecord, type Logsource, notTold } from '../record.ts';
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

/** The log source of a program that logs people in or acts for them; undefined when it is no such program. */
export function loginSource(programName: string): Logsource | undefined {
  const program = programs.get(programName.toLowerCase());
  return program?.reader === undefined ? undefined : sourceOf(program.service, true);
}

const sources = new Map<string, Logsource>();

function sourceOf(service: string, isAuth: boolean): Logsource {
  const key = `${service}:${isAuth}`;
  const known = sources.get(key);
  if (known !== undefined) return known;
  const also = [
    ...(isAuth && service !== 'auth' ? ['auth'] : []),
    ...(service === 'syslog' ? [] : ['syslog']),
  ];
  const source: Logsource = { product: 'linux', service, ...(also.length > 0 && { also }) };
  sources.set(key, source);
  return source;
}

const authFacilities = new Set([4, 10]);

/** Where the fields of a record hold its facts; not enumerable, so that nobody takes it for a field. */
const held = Symbol('facts');

function factsOf(fields: LogFields): AuthFacts | undefined {
  return (fields as { [held]?: AuthFacts })[held];
}

/**
 * Reads what a program's message says into the fields, and names the log source. Fields that the facts have
 * are added; `message`, `program` and the like are left as they are.
 * @param facility syslog facility, when known
 */
export function readProgram(
  fields: LogFields,
  programName: string,
  message: string,
  facility?: number,
): Logsource {
  const name = programName.toLowerCase();
  // Postfix names its parts `postfix/smtpd`, `postfix/submission/smtpd`; a path's last part has been cut off before.
  const program = name === 'smtpd' || name.startsWith('postfix/') ? postfix : programs.get(name);
  let facts = program?.reader?.(message);
  if (facts === undefined && message.startsWith('pam_')) facts = readPam(message);
  if (facts !== undefined) {
    Object.defineProperty(fields, held, { value: facts });
    for (const key in facts) {
      const value = facts[key as keyof AuthFacts];
      if (key !== 'kind' && value !== undefined && value !== '' && fields[key] === undefined)
        fields[key] = value;
    }
  }
  const isAuth =
    facts !== undefined ||
    (facility !== undefined && authFacilities.has(facility)) ||
    program?.service === 'sshd';
  return sourceOf(program?.service ?? (isAuth ? 'auth' : 'syslog'), isAuth);
}

/** What {@link programEvent} says under a few paths. */
export function programPeek({ name, fields }: LogRecord, path: string): FieldValue | typeof notTold {
  const facts = factsOf(fields);
  const program = (): string | undefined => textOf(fields['program'] ?? fields['SYSLOG_IDENTIFIER']);
  switch (path) {
    case 'metadata.event_code':
      return facts?.kind ?? 'log.record';
    case 'metadata.log_name':
      return name;
    case 'message':
      return textOf(fields['message'] ?? fields['MESSAGE']);
    case 'service.name':
      return facts === undefined ? undefined : program();
    case 'actor.process.name':
      return program();
    case 'status_id':
      return facts?.outcome === undefined ? undefined : facts.outcome === 'success' ? 1 : 2;
    case 'status_code':
      return facts?.outcome === 'failure' ? facts.reason : undefined;
    case 'user.name':
      return facts === undefined || facts.kind === 'process.exec' ? undefined : textOf(facts.user);
    case 'actor.user.name':
      return textOf(facts?.actor);
    case 'src_endpoint.ip':
      return addressOf(facts?.src_ip);
    case 'src_endpoint.port':
      return wholeOf(facts?.src_port);
    default:
      return notTold;
  }
}

const severities = [5, 5, 5, 4, 3, 2, 1, 1];

/** A program's message in OCSF: authentication, account change, process launch, or a plain record. */
export function programEvent(record: LogRecord): Event {
  const { fields } = record;
  const facts = factsOf(fields);
  const program = textOf(fields['program'] ?? fields['SYSLOG_IDENTIFIER']);
  const common = {
    severity_id: severities[wholeOf(fields['severity'] ?? fields['PRIORITY']) ?? 6] ?? 1,
    message: textOf(fields['message'] ?? fields['MESSAGE']),
    device: deviceOf(fields['hostname'] ?? fields['_HOSTNAME'], 'linux'),
  };
  const product = { name: program ?? 'syslog', vendor_name: 'Linux' };
  const writer = present({
    name: program,
    pid: wholeOf(fields['pid'] ?? fields['_PID'] ?? fields['SYSLOG_PID']),
  });
  if (facts === undefined)
    return logEvent(record, 'log.record', product, { ...common, actor: { process: writer } });
  const user = userOf(facts.user, facts.uid);
  const isLaunch = facts.kind === 'process.exec';
  return logEvent(record, facts.kind, product, {
    ...common,
    status_id: facts.outcome === undefined ? undefined : facts.outcome === 'success' ? 1 : 2,
    status_code: facts.outcome === 'failure' ? facts.reason : undefined,
    user: isLaunch ? undefined : user,
    group: facts.group === undefined ? undefined : { name: facts.group },
    process: isLaunch
      ? present({ cmd_line: facts.command, working_directory: facts.cwd, user })
      : facts.command === undefined
        ? undefined
        : { cmd_line: facts.command },
    actor: present({ process: writer, user: userOf(facts.actor) }),
    src_endpoint: endpointOf(facts.src_ip, facts.src_port),
    auth_protocol: facts.auth_method,
    service: program === undefined ? undefined : { name: program },
    session: facts.tty === undefined ? undefined : { terminal: facts.tty },
  });
}
