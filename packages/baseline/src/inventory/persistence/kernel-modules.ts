/** Kernel modules loaded at boot, commands in modprobe.d(5), and what goes into the initial RAM disk. */
import type { PersistenceItem, PersistenceSource, Remark } from './source.ts';
import { Identities, linesOf, oneCommand } from './text.ts';

const lists = [
  '/etc/modules-load.d',
  '/run/modules-load.d',
  '/usr/local/lib/modules-load.d',
  '/usr/lib/modules-load.d',
];
const settings = ['/etc/modprobe.d', '/run/modprobe.d', '/usr/local/lib/modprobe.d', '/usr/lib/modprobe.d'];
const ramdisk = [
  '/etc/initramfs-tools/hooks',
  ...[
    'init-top',
    'init-premount',
    'local-top',
    'local-premount',
    'local-bottom',
    'init-bottom',
    'nfs-top',
  ].map(step => `/etc/initramfs-tools/scripts/${step}`),
  '/etc/dracut.conf.d',
];

/** Lines of modprobe.d(5) that run something or decide what is loaded. */
export function* modprobeItems(path: string, text: string): Generator<PersistenceItem> {
  const identities = new Identities();
  for (const { text: line } of linesOf(text, { continues: true })) {
    const [, verb, module, rest = ''] =
      /^(install|remove|softdep|alias|options)\s+(\S+)\s*(.*)$/.exec(line) ?? [];
    if (verb === undefined || module === undefined || verb === 'alias' || verb === 'options') continue;
    const isBlock = verb === 'install' && /^\/(?:usr\/)?bin\/(?:true|false)$/.test(rest);
    yield {
      path,
      id: identities.of(line),
      name: module,
      schedule: `modprobe ${verb}`,
      enabled: true,
      ...(verb === 'softdep'
        ? { facts: { after: oneCommand(rest) } }
        : { command: oneCommand(rest), user: 'root', facts: { blocks: isBlock } }),
    };
  }
}

export const kernelModules: PersistenceSource = {
  kind: 'kernel-module',
  title: {
    en: 'kernel modules at boot, modprobe commands, initial RAM disk',
    zh: '启动时加载的内核模块、modprobe 命令与 initramfs',
  },
  watched: [
    '/etc/modules',
    ...lists.map(folder => `${folder}/`),
    ...settings.map(folder => `${folder}/`),
    '/etc/initramfs-tools/',
    '/etc/dracut.conf.d/',
  ],
  tags: ['attack.persistence', 'attack.privilege-escalation', 'attack.t1547.006'],
  severity: 4,
  *collect(host) {
    const identities = new Identities();
    const files = [
      '/etc/modules',
      '/etc/initramfs-tools/modules',
      ...lists.flatMap(folder => host.filesIn(folder, name => name.endsWith('.conf'))),
    ];
    for (const path of files)
      for (const { text } of linesOf(host.files.text(path) ?? '', { comment: '#;' }))
        yield {
          path,
          id: identities.of(`${path} ${text}`),
          name: oneCommand(text),
          schedule: 'boot',
          enabled: true,
        };
    for (const folder of settings)
      for (const path of host.filesIn(folder, name => name.endsWith('.conf')))
        yield* modprobeItems(path, host.files.text(path) ?? '');
    for (const folder of ramdisk)
      for (const path of host.filesIn(folder))
        yield { path, command: path, user: 'root', schedule: 'initramfs', enabled: true };
  },
  remarks(facts) {
    const remarks: Remark[] = [];
    if (facts['schedule'] === 'modprobe install' && facts['blocks'] === false)
      remarks.push({
        text: { en: 'a command runs in place of loading a module', zh: '以命令代替加载模块' },
        field: 'command',
        value: String(facts['command'] ?? ''),
        weight: 1,
      });
    if (facts['blocks'] === true)
      remarks.push({
        text: { en: 'it only keeps a module from being loaded', zh: '仅用于禁止加载模块' },
        field: 'command',
        value: String(facts['command'] ?? ''),
        weight: -2,
      });
    return remarks;
  },
};
