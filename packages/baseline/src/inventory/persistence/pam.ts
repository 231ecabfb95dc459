/** PAM stacks (pam.conf(5)): which modules decide who may come in. */
import type { Host } from '../host.ts';
import { joined } from '../root-files.ts';
import type { PersistenceItem, PersistenceSource, Remark } from './source.ts';
import { Identities, linesOf, oneCommand } from './text.ts';

/** A line of a stack. */
export interface PamRule {
  readonly type: string;
  readonly control: string;
  readonly module: string;
  readonly arguments: string;
}

const ruleLine = /^-?(auth|account|password|session)\s+(\[[^\]]*\]|\S+)\s+(\S+)\s*(.*)$/i;

/** Reads a line of a stack; undefined for includes with `@` and what is no rule. */
export function pamRule(line: string): PamRule | undefined {
  const [, type, control, module, rest] = ruleLine.exec(line) ?? [];
  if (type === undefined || control === undefined || module === undefined) return undefined;
  return { type: type.toLowerCase(), control, module, arguments: oneCommand(rest ?? '') };
}

const machines = ['x86_64-linux-gnu', 'aarch64-linux-gnu'];
const moduleFolders = [
  ...machines.flatMap(machine => [`/usr/lib/${machine}/security`, `/lib/${machine}/security`]),
  '/usr/lib64/security',
  '/lib64/security',
  '/usr/lib/security',
  '/lib/security',
];

/** The file of a module; undefined when it is in none of the folders. */
function moduleFile(host: Host, module: string): string | undefined {
  if (module.startsWith('/')) return module;
  return moduleFolders.map(folder => joined(folder, module)).find(path => host.files.stat(path)?.isFile());
}

function* stackItems(host: Host, path: string, service: string | undefined): Generator<PersistenceItem> {
  const identities = new Identities();
  for (const { text } of linesOf(host.files.text(path) ?? '', { continues: true })) {
    const [, named, line] =
      service === undefined ? (/^(\S+)\s+(.*)$/.exec(text) ?? []) : [text, service, text];
    const rule = line === undefined ? undefined : pamRule(line);
    if (rule === undefined || /^(?:include|substack)$/.test(rule.control)) continue;
    const file = moduleFile(host, rule.module);
    const exec = rule.module.endsWith('pam_exec.so')
      ? /(?:^|\s)(\/.*)$/.exec(rule.arguments)?.[1]
      : undefined;
    yield {
      path,
      id: identities.of(text),
      name: named ?? '',
      command: exec === undefined ? (file ?? rule.module) : oneCommand(exec),
      schedule: rule.type,
      enabled: true,
      facts: {
        control: rule.control,
        module: rule.module,
        arguments: rule.arguments,
        module_sha256: file === undefined ? null : host.files.sha256(file),
      },
    };
  }
}

export const pam: PersistenceSource = {
  kind: 'pam',
  title: { en: 'PAM stacks', zh: 'PAM 认证栈' },
  watched: ['/etc/pam.d/', '/etc/pam.conf', ...moduleFolders.map(folder => `${folder}/`)],
  tags: ['attack.persistence', 'attack.credential-access', 'attack.t1556.003'],
  severity: 4,
  *collect(host) {
    yield* stackItems(host, '/etc/pam.conf', undefined);
    for (const path of host.filesIn('/etc/pam.d'))
      yield* stackItems(host, path, path.slice('/etc/pam.d/'.length));
  },
  remarks(facts) {
    const remarks: Remark[] = [];
    const module = String(facts['module'] ?? '');
    const add = (en: string, zh: string, value: string, weight = 1): void => {
      remarks.push({ text: { en, zh }, field: 'module', value, weight });
    };
    if (module.endsWith('pam_exec.so'))
      add('it runs a program at each login', '每次登录都会运行程序', module);
    if (module.endsWith('pam_permit.so') && facts['schedule'] === 'auth' && facts['control'] === 'sufficient')
      add('it lets everybody in without a password', '无需口令即可放行所有人', module, 2);
    if (module.startsWith('/'))
      add('the module stands outside the folders of PAM modules', '模块不在 PAM 模块目录中', module);
    return remarks;
  },
};
