/** Who may become root: sudoers(5) with what it includes, doas.conf(5), polkit's rules. */
import type { Host } from '../host.ts';
import { joined } from '../root-files.ts';
import type { PersistenceItem, PersistenceSource, Remark } from './source.ts';
import { Identities, linesOf, oneCommand } from './text.ts';

const deepest = 8;

function* sudoersItems(host: Host, path: string, seen: Set<string>, depth = 0): Generator<PersistenceItem> {
  if (seen.has(path) || depth > deepest) return;
  seen.add(path);
  const identities = new Identities();
  // `#include` is no comment here, `#1000` is a user id.
  for (const { text: line } of linesOf(host.files.text(path) ?? '', { comment: '', continues: true })) {
    const [, verb, named = ''] = /^[@#](include(?:dir)?)\s+"?([^"\s]+)"?/.exec(line) ?? [];
    if (verb !== undefined) {
      const target = named.startsWith('/') ? named : joined('/etc', named);
      // Names with a dot or a ~ at the end are left out by sudo.
      const files =
        verb === 'include'
          ? [target]
          : host.filesIn(target, name => !name.includes('.') && !name.endsWith('~'));
      for (const file of files) yield* sudoersItems(host, file, seen, depth + 1);
      continue;
    }
    if (/^#(?!\d)/.test(line)) continue;
    const [, who, what] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    if (who === undefined || what === undefined) continue;
    const isSetting = /^(?:Defaults|(?:User|Runas|Host|Cmnd|Cmd)_Alias)\b/.test(who);
    yield {
      path,
      id: identities.of(line),
      name: isSetting ? who : 'rule',
      command: oneCommand(what),
      enabled: true,
      ...(!isSetting && { user: who }),
      facts: { nopasswd: /\bNOPASSWD\s*:/.test(what) || /!authenticate\b/.test(what) },
    };
  }
}

export const sudoers: PersistenceSource = {
  kind: 'sudoers',
  title: { en: 'rules by which users become root', zh: '提权规则（sudo、doas、polkit）' },
  watched: ['/etc/sudoers', '/etc/sudoers.d/', '/etc/doas.conf', '/etc/polkit-1/'],
  tags: ['attack.persistence', 'attack.privilege-escalation', 'attack.t1548.003'],
  severity: 4,
  *collect(host) {
    yield* sudoersItems(host, '/etc/sudoers', new Set());
    const identities = new Identities();
    for (const { text } of linesOf(host.files.text('/etc/doas.conf') ?? ''))
      yield {
        path: '/etc/doas.conf',
        id: identities.of(text),
        command: oneCommand(text),
        enabled: true,
        facts: { nopasswd: /\bnopass\b/.test(text) },
      };
    for (const folder of ['/etc/polkit-1/rules.d', '/etc/polkit-1/localauthority'])
      for (const path of host.filesIn(folder)) yield { path, name: 'polkit', enabled: true };
  },
  remarks(facts): Remark[] {
    if (facts['nopasswd'] !== true) return [];
    return [
      {
        text: { en: 'no password is asked for', zh: '无需输入口令' },
        field: 'command',
        value: String(facts['command'] ?? ''),
        weight: 1,
      },
    ];
  },
};
