/** Keys that open an account over SSH (sshd(8), AUTHORIZED_KEYS FILE FORMAT), and commands that sshd_config(5) runs. */
import { createHash } from 'node:crypto';
import type { Host } from '../host.ts';
import { joined } from '../root-files.ts';
import { keyOfText } from '../text-key.ts';
import type { PersistenceItem, PersistenceSource, Remark } from './source.ts';
import { Identities, linesOf, oneCommand } from './text.ts';

/** A line of an authorized_keys file. */
export interface AuthorizedKey {
  readonly type: string;
  /** `SHA256:…`, as ssh-keygen -l shows it. */
  readonly fingerprint: string;
  readonly options: string;
  readonly comment: string;
}

const keyType = /^(?:ssh-|ecdsa-|sk-|rsa-sha2-)[\w@.-]+$/;

/** Where the options end: at the first blank outside quotes. */
function endOfOptions(line: string): number {
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const character = line[at];
    if (character === '"' && line[at - 1] !== '\\') quoted = !quoted;
    else if (!quoted && (character === ' ' || character === '\t')) return at;
  }
  return line.length;
}

/** Reads a line; undefined when it is no key. */
export function authorizedKey(line: string): AuthorizedKey | undefined {
  const first = line.slice(0, endOfOptions(line));
  const options = keyType.test(first) ? '' : first;
  const [type = '', blob = '', ...comment] = line.slice(options.length).trim().split(/\s+/);
  if (!keyType.test(type) || !/^[A-Za-z0-9+/]{16,}={0,2}$/.test(blob)) return undefined;
  const digest = createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64').replace(/=+$/, '');
  return {
    type,
    fingerprint: `SHA256:${digest}`,
    options: oneCommand(options),
    comment: oneCommand(comment.join(' ')),
  };
}

/** Settings of sshd_config(5) with what it includes, in order, names in lower case. */
function* sshdSettings(
  host: Host,
  path: string,
  depth = 0,
): Generator<{ path: string; name: string; value: string }> {
  for (const { text } of linesOf(host.files.text(path) ?? '')) {
    const [, name, value] = /^(\w+)(?:\s*=\s*|\s+)(.*)$/.exec(text) ?? [];
    if (name === undefined || value === undefined) continue;
    yield { path, name: name.toLowerCase(), value };
    if (name.toLowerCase() !== 'include' || depth >= 4) continue;
    for (const pattern of value.split(/\s+/)) {
      const [, folder = '', last = ''] =
        /^(.*)\/([^/]*)$/.exec(pattern.startsWith('/') ? pattern : `/etc/ssh/${pattern}`) ?? [];
      const [before = '', after] = last.split('*');
      const passes = (one: string) =>
        after === undefined ? one === last : one.startsWith(before) && one.endsWith(after);
      for (const file of host.filesIn(folder, passes)) yield* sshdSettings(host, file, depth + 1);
    }
  }
}

const running = new Set([
  'authorizedkeyscommand',
  'authorizedprincipalscommand',
  'forcecommand',
  'subsystem',
]);

function* keysOf(host: Host, path: string, user: string): Generator<PersistenceItem> {
  const identities = new Identities();
  for (const { text } of linesOf(host.files.text(path) ?? '')) {
    const key = authorizedKey(text);
    if (key === undefined) continue;
    const command = /(?:^|,)command="((?:[^"\\]|\\.)*)"/.exec(key.options)?.[1];
    const { fingerprint, type, options, comment } = key;
    yield {
      path,
      id: identities.of(`${fingerprint} ${options}`),
      name: comment,
      user,
      enabled: true,
      ...(command !== undefined && { command: oneCommand(command) }),
      facts: { fingerprint, key_type: type, options },
    };
  }
}

export const sshKeys: PersistenceSource = {
  kind: 'ssh-key',
  title: { en: 'SSH keys that open accounts', zh: '可登录账号的 SSH 公钥' },
  watched: [
    '~/.ssh/authorized_keys',
    '~/.ssh/authorized_keys2',
    '/etc/ssh/sshd_config',
    '/etc/ssh/sshd_config.d/',
    '/etc/ssh/authorized_keys/',
  ],
  tags: ['attack.persistence', 'attack.privilege-escalation', 'attack.t1098.004'],
  severity: 4,
  *collect(host) {
    let patterns = ['.ssh/authorized_keys', '.ssh/authorized_keys2'];
    const identities = new Identities();
    for (const { path, name, value } of sshdSettings(host, '/etc/ssh/sshd_config')) {
      if (name === 'authorizedkeysfile') patterns = value.split(/\s+/).filter(one => one !== 'none');
      if (running.has(name) && value !== 'none' && value.split(/\s+/).at(-1) !== 'internal-sftp')
        yield {
          path,
          id: identities.of(`${name} ${value}`),
          name,
          command: oneCommand(value),
          schedule: 'login',
          enabled: true,
        };
    }
    for (const account of host.accounts) {
      if (!account.home.startsWith('/')) continue;
      const seen = new Set<string>();
      for (const pattern of patterns) {
        const named = keyOfText(
          pattern.replaceAll('%h', account.home).replaceAll('%u', account.name).replaceAll('%%', '%'),
        );
        const path = named.startsWith('/') ? named : joined(account.home, named);
        if (seen.has(path) || !host.files.stat(path)?.isFile()) continue;
        seen.add(path);
        yield* keysOf(host, path, account.name);
      }
    }
  },
  remarks(facts) {
    const remarks: Remark[] = [];
    const options = String(facts['options'] ?? '');
    if (facts['user'] === 'root')
      remarks.push({
        text: { en: 'it opens the root account', zh: '可登录 root 账号' },
        field: 'user',
        value: 'root',
        weight: 1,
      });
    if (/environment="LD_/.test(options))
      remarks.push({
        text: { en: 'its options preload a library', zh: '其选项会预加载库' },
        field: 'options',
        value: options,
        weight: 1,
      });
    return remarks;
  },
};
