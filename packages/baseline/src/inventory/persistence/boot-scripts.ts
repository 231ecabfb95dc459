/** What runs at boot without systemd: rc.local, init.d with its links, inittab, OpenRC's local.d. */
import { joined } from '../root-files.ts';
import type { PersistenceItem, PersistenceSource } from './source.ts';
import { Identities, linesOf, oneCommand } from './text.ts';

const levelFolders = ['0', '1', '2', '3', '4', '5', '6', 'S'].map(level => `/etc/rc${level}.d`);
const single = ['/etc/rc.local', '/etc/rc.d/rc.local', '/etc/init.d/rc.local'];

/** inittab(5): `id:levels:action:process`. */
export function* inittabItems(path: string, text: string): Generator<PersistenceItem> {
  const identities = new Identities();
  for (const { text: line } of linesOf(text)) {
    const [, name, levels, action, process] = /^([^:]{0,16}):([^:]*):([^:]*):(.*)$/.exec(line) ?? [];
    if (process === undefined || process === '' || action === undefined) continue;
    yield {
      path,
      id: identities.of(line),
      name: name ?? '',
      command: oneCommand(process),
      user: 'root',
      schedule: `${levels} ${action}`,
      enabled: action !== 'off',
    };
  }
}

export const bootScripts: PersistenceSource = {
  kind: 'boot-script',
  title: { en: 'boot scripts (rc.local, init.d)', zh: '启动脚本（rc.local、init.d）' },
  watched: [...single, '/etc/init.d/', '/etc/rc.d/', '/etc/rc*.d/', '/etc/local.d/', '/etc/inittab'],
  tags: ['attack.persistence', 'attack.privilege-escalation', 'attack.t1037.004'],
  severity: 3,
  *collect(host) {
    const started = new Set<string>();
    for (const folder of levelFolders)
      for (const name of host.files.names(folder).filter(one => one.startsWith('S'))) {
        const real = host.files.resolve(joined(folder, name));
        if (real !== undefined) started.add(real);
      }
    const scripts = new Set<string>(single.filter(path => host.files.stat(path)?.isFile()));
    for (const path of host.filesIn('/etc/init.d', name => name !== 'README' && name !== '.depend.start'))
      scripts.add(path);
    for (const path of scripts) {
      const mode = host.files.stat(path)?.mode ?? 0;
      const isLocal = path.endsWith('/rc.local');
      const enabled = (mode & 0o111) !== 0 && (isLocal || started.has(host.files.resolve(path) ?? path));
      yield { path, command: path, user: 'root', schedule: 'boot', enabled };
    }
    for (const path of host.filesIn('/etc/local.d', name => /\.(?:start|stop)$/.test(name)))
      yield { path, command: path, user: 'root', schedule: 'boot', enabled: true };
    yield* inittabItems('/etc/inittab', host.files.text('/etc/inittab') ?? '');
  },
};
