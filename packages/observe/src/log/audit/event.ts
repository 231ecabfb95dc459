/** Linux audit events in OCSF. Syscall numbers: asm/unistd of x86-64 and of arm64. */
import type { Event, EventKind } from '@redoubt/model';
import { deviceOf, endpointOf, logEvent, present, textOf, userOf, wholeOf } from '../event/compose.ts';
import type { LogFields, LogRecord } from '../record.ts';
import { socketAddress } from './pairs.ts';

const product = { name: 'auditd', vendor_name: 'Linux' };

const x86: Readonly<Record<string, string>> = {
  42: 'connect',
  49: 'bind',
  59: 'execve',
  82: 'rename',
  84: 'rmdir',
  87: 'unlink',
  90: 'chmod',
  91: 'fchmod',
  92: 'chown',
  101: 'ptrace',
  165: 'mount',
  166: 'umount2',
  175: 'init_module',
  176: 'delete_module',
  188: 'setxattr',
  263: 'unlinkat',
  264: 'renameat',
  268: 'fchmodat',
  260: 'fchownat',
  313: 'finit_module',
  316: 'renameat2',
  322: 'execveat',
};

const arm64: Readonly<Record<string, string>> = {
  5: 'setxattr',
  35: 'unlinkat',
  38: 'renameat',
  39: 'umount2',
  40: 'mount',
  53: 'fchmodat',
  54: 'fchownat',
  105: 'init_module',
  106: 'delete_module',
  117: 'ptrace',
  200: 'bind',
  203: 'connect',
  221: 'execve',
  273: 'finit_module',
  276: 'renameat2',
  281: 'execveat',
};

const kinds: Readonly<Record<string, EventKind>> = {
  connect: 'network.connect',
  bind: 'network.bind',
  execve: 'process.exec',
  execveat: 'process.exec',
  rename: 'file.rename',
  renameat: 'file.rename',
  renameat2: 'file.rename',
  rmdir: 'file.rmdir',
  unlink: 'file.unlink',
  unlinkat: 'file.unlink',
  chmod: 'file.chmod',
  fchmod: 'file.chmod',
  fchmodat: 'file.chmod',
  chown: 'file.chown',
  fchownat: 'file.chown',
  ptrace: 'process.ptrace',
  mount: 'file.mount',
  umount2: 'file.umount',
  init_module: 'kernel.module_load',
  finit_module: 'kernel.module_load',
  delete_module: 'kernel.module_unload',
  setxattr: 'file.setxattr',
};

const userKinds: Readonly<Record<string, EventKind>> = {
  USER_LOGIN: 'auth.logon',
  USER_AUTH: 'auth.logon',
  USER_ERR: 'auth.logon',
  USER_LOGOUT: 'auth.logoff',
  USER_END: 'auth.logoff',
  USER_CMD: 'process.exec',
  USER_CHAUTHTOK: 'account.password_change',
  ADD_USER: 'account.create',
  DEL_USER: 'account.delete',
  ADD_GROUP: 'group.create',
  DEL_GROUP: 'group.delete',
  USER_MGMT: 'account.modify',
  ACCT_LOCK: 'account.lock',
  ACCT_UNLOCK: 'account.enable',
};

/** Name of the system call of a SYSCALL record: as enriched, else from its number and architecture. */
export function syscallName(fields: LogFields): string | undefined {
  const enriched = textOf(fields['SYSCALL']);
  if (enriched !== undefined) return enriched;
  const number = String(fields['syscall'] ?? '');
  if (/^[a-z]/.test(number)) return number;
  if (fields['arch'] === 'c000003e') return x86[number];
  return fields['arch'] === 'c00000b7' ? arm64[number] : undefined;
}

/** The command line of an EXECVE record; long arguments come in pieces `a1[0]`, `a1[1]` … */
function commandLine(execve: LogFields): string {
  const words: string[] = [];
  const count = Math.min(wholeOf(execve['argc']) ?? 0, 4096);
  for (let index = 0; index < count; index += 1) {
    let word = textOf(execve[`a${index}`]);
    if (word === undefined) {
      const pieces: string[] = [];
      for (let piece = 0; execve[`a${index}[${piece}]`] !== undefined; piece += 1) {
        pieces.push(String(execve[`a${index}[${piece}]`]));
      }
      word = pieces.join('');
    }
    words.push(word);
  }
  return words.join(' ');
}

const unset = '4294967295';

/** An audit event in OCSF: process, file, network, authentication or account activity. */
export function auditEvent(record: LogRecord): Event {
  const parts = record.parts ?? [record.fields];
  const part = (type: string): LogFields | undefined => parts.find(each => each['type'] === type);
  const syscall = part('SYSCALL');
  return syscall === undefined
    ? userEvent(record, parts[0] ?? {})
    : syscallEvent(record, syscall, part, parts);
}

function syscallEvent(
  record: LogRecord,
  syscall: LogFields,
  part: (type: string) => LogFields | undefined,
  parts: readonly LogFields[],
): Event {
  const name = syscallName(syscall);
  const failed = syscall['success'] === 'no';
  const paths = parts.filter(each => each['type'] === 'PATH');
  const created = paths.find(each => each['nametype'] === 'CREATE');
  const kind: EventKind =
    kinds[name ?? ''] ?? (created !== undefined && !failed ? 'file.create' : 'log.record');
  const exe = textOf(syscall['exe']);
  const auid = textOf(syscall['auid']);
  const execve = part('EXECVE');
  const title = textOf(part('PROCTITLE')?.['proctitle']);
  const process = present({
    pid: wholeOf(syscall['pid']),
    name: textOf(syscall['comm']),
    cmd_line: execve === undefined ? title : commandLine(execve),
    file: exe === undefined ? undefined : { path: exe },
    user: userOf(syscall['UID'], syscall['uid']),
    euid: wholeOf(syscall['euid']),
    egid: wholeOf(syscall['egid']),
    auid: auid === unset ? undefined : wholeOf(auid),
    working_directory: textOf(part('CWD')?.['cwd']),
    session: textOf(syscall['tty']) === undefined ? undefined : { terminal: textOf(syscall['tty']) },
    parent_process: present({ pid: wholeOf(syscall['ppid']) }),
  });
  const target =
    (kind === 'file.create' ? created : paths.findLast(each => each['nametype'] !== 'PARENT')) ?? paths[0];
  const path = textOf(target?.['name']);
  const address = socketAddress(String(part('SOCKADDR')?.['saddr'] ?? ''));
  const result = paths.findLast(each => each['nametype'] === 'CREATE');
  const renamed = kind === 'file.rename' ? paths.find(each => each['nametype'] === 'DELETE') : undefined;
  return logEvent(record, kind, product, {
    status_id: failed ? 2 : 1,
    status_code: failed ? textOf(syscall['exit']) : undefined,
    device: deviceOf(syscall['node'], 'linux'),
    ...(kind === 'process.exec'
      ? { process, actor: { process: present({ pid: wholeOf(syscall['ppid']) }) } }
      : { actor: { process } }),
    file:
      kind === 'process.exec' || path === undefined ? undefined : { path: textOf(renamed?.['name']) ?? path },
    file_result:
      kind === 'file.rename' && result !== undefined ? present({ path: textOf(result['name']) }) : undefined,
    dst_endpoint: kind === 'network.connect' ? endpointOf(address?.ip, address?.port) : undefined,
    src_endpoint: kind === 'network.bind' ? endpointOf(address?.ip, address?.port) : undefined,
  });
}

function userEvent(record: LogRecord, fields: LogFields): Event {
  const kind = userKinds[String(fields['type'] ?? '')] ?? 'log.record';
  const outcome = textOf(fields['res']);
  const user = userOf(fields['acct'], fields['id']);
  const address = textOf(fields['addr']);
  const exe = textOf(fields['exe']);
  const command = textOf(fields['cmd']);
  return logEvent(record, kind, product, {
    status_id: outcome === undefined ? undefined : /^(?:success|1)$/.test(outcome) ? 1 : 2,
    device: deviceOf(fields['node'], 'linux'),
    user: kind === 'process.exec' ? undefined : user,
    process:
      kind === 'process.exec'
        ? present({ cmd_line: command, working_directory: textOf(fields['cwd']) })
        : undefined,
    actor: present({
      process: present({ pid: wholeOf(fields['pid']), file: exe === undefined ? undefined : { path: exe } }),
      user: userOf(fields['UID'], fields['uid']),
    }),
    src_endpoint: endpointOf(address, undefined, address === undefined ? fields['hostname'] : undefined),
    session: textOf(fields['terminal']) === undefined ? undefined : { terminal: textOf(fields['terminal']) },
  });
}
