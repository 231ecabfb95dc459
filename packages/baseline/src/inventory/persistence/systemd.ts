/** systemd: units that run something, their drop-ins, timers, and generators (systemd.unit(5), systemd.generator(7)). */
import type { Host } from '../host.ts';
import { joined } from '../root-files.ts';
import type { PersistenceItem, PersistenceSource } from './source.ts';
import { oneCommand, sectionsOf, settingOf, settingsOf } from './text.ts';

const systemFolders = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/run/systemd/transient',
  '/run/systemd/generator',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
];
const userFolders = [
  '/etc/systemd/user',
  '/run/systemd/user',
  '/usr/local/lib/systemd/user',
  '/usr/lib/systemd/user',
];
const homeFolders = ['.config/systemd/user', '.local/share/systemd/user'];

/** Folders whose programs systemd itself runs. */
const programFolders = ['/etc/systemd', '/run/systemd', '/usr/local/lib/systemd', '/usr/lib/systemd'].flatMap(
  base =>
    [
      'system-generators',
      'user-generators',
      'system-shutdown',
      'system-sleep',
      'system-environment-generators',
    ].map(name => [joined(base, name), name] as const),
);

const unitName = /\.(?:service|timer|socket|path)$/;
const enablingFolder = /\.(?:wants|requires|upholds)$/;

const execKeys = [
  'ExecCondition',
  'ExecStartPre',
  'ExecStart',
  'ExecStartPost',
  'ExecReload',
  'ExecStop',
  'ExecStopPost',
];
const timerKeys = [
  'OnCalendar',
  'OnBootSec',
  'OnStartupSec',
  'OnActiveSec',
  'OnUnitActiveSec',
  'OnUnitInactiveSec',
];
const triggerKeys = [
  'ListenStream',
  'ListenDatagram',
  'ListenFIFO',
  'PathExists',
  'PathExistsGlob',
  'PathChanged',
  'PathModified',
  'DirectoryNotEmpty',
];

/** What a unit file, or a drop-in of one, says about what runs, as whom and when. */
export function unitFacts(text: string, manager: 'system' | 'user'): Omit<PersistenceItem, 'path'> {
  const sections = sectionsOf(text);
  const commands = execKeys.flatMap(key => settingsOf(sections, 'Service', key));
  const times = timerKeys.flatMap(key => settingsOf(sections, 'Timer', key).map(value => `${key}=${value}`));
  const triggers = ['Socket', 'Path'].flatMap(section =>
    triggerKeys.flatMap(key => settingsOf(sections, section, key).map(value => `${key}=${value}`)),
  );
  const schedule = [...times, ...triggers].join('; ');
  const activates = ['Timer', 'Socket', 'Path']
    .map(section => settingOf(sections, section, 'Unit'))
    .find(Boolean);
  const user =
    settingOf(sections, 'Service', 'User') ??
    (manager === 'system' && commands.length > 0 ? 'root' : undefined);
  const environment = settingsOf(sections, 'Service', 'Environment').filter(value => /\bLD_/.test(value));
  return {
    ...(commands.length > 0 && { command: oneCommand(commands.join(' ; ')) }),
    ...(user !== undefined && { user }),
    ...(schedule !== '' && { schedule }),
    facts: {
      ...(activates !== undefined && { activates }),
      ...(environment.length > 0 && { environment: oneCommand(environment.join(' ')) }),
    },
  };
}

/** Names of units that links in `.wants` and the like of some folders enable. */
function enabledIn(host: Host, folders: readonly string[]): Set<string> {
  const enabled = new Set<string>();
  for (const folder of folders)
    for (const name of host.files.names(folder).filter(one => enablingFolder.test(one)))
      for (const unit of host.files.names(joined(folder, name))) enabled.add(unit);
  return enabled;
}

/** `a@b.service` is made of `a@.service`. */
function isEnabled(name: string, enabled: ReadonlySet<string>): boolean {
  if (enabled.has(name)) return true;
  const template = /^(.*@)(\.[a-z]+)$/.exec(name);
  if (template === null) return false;
  const [, start = '', end = ''] = template;
  for (const one of enabled) if (one.startsWith(start) && one.endsWith(end)) return true;
  return false;
}

function* unitsOf(
  host: Host,
  folders: readonly string[],
  manager: 'system' | 'user',
  owner?: string,
): Generator<PersistenceItem> {
  const enabled = enabledIn(host, folders);
  const seen = new Set<string>();
  for (const folder of folders) {
    const real = host.files.resolve(folder);
    // /lib may be /usr/lib.
    if (real === undefined || seen.has(real)) continue;
    seen.add(real);
    for (const name of host.files.names(real)) {
      host.signal?.throwIfAborted();
      const path = joined(real, name);
      if (name.endsWith('.d') && unitName.test(name.slice(0, -2))) {
        for (const dropIn of host.filesIn(path, one => one.endsWith('.conf'))) {
          const made = unitFacts(host.files.text(dropIn) ?? '', manager);
          yield {
            path: dropIn,
            name: `${name.slice(0, -2)} (drop-in)`,
            enabled: true,
            ...made,
            ...(owner !== undefined && { user: owner }),
          };
        }
        continue;
      }
      if (!unitName.test(name)) continue;
      const link = host.files.link(path);
      if (link === '/dev/null') {
        yield { path, name, enabled: false, facts: { masked: true } };
        continue;
      }
      const text = host.files.text(path);
      if (text === undefined && link === undefined) continue;
      const made = unitFacts(text ?? '', manager);
      yield {
        path,
        name,
        enabled: isEnabled(name, enabled),
        ...made,
        ...(owner !== undefined && { user: owner }),
        facts: { ...made.facts, ...(link !== undefined && { link }) },
      };
    }
  }
}

export const systemd: PersistenceSource = {
  kind: 'systemd',
  title: {
    en: 'systemd units, timers, drop-ins and generators',
    zh: 'systemd 单元、定时器、附加配置与生成器',
  },
  watched: [
    ...[...systemFolders, ...userFolders].map(folder => `${folder}/`),
    ...programFolders.map(([folder]) => `${folder}/`),
    ...homeFolders.map(folder => `~/${folder}/`),
  ],
  tags: ['attack.persistence', 'attack.privilege-escalation', 'attack.t1543.002'],
  severity: 3,
  *collect(host) {
    yield* unitsOf(host, systemFolders, 'system');
    yield* unitsOf(host, userFolders, 'user');
    for (const { account, home } of host.homes())
      yield* unitsOf(
        host,
        homeFolders.map(folder => joined(home, folder)),
        'user',
        account.name,
      );
    for (const [folder, kind] of programFolders)
      for (const path of host.filesIn(folder))
        yield {
          path,
          name: kind,
          command: path,
          user: kind.startsWith('user-') ? 'every user' : 'root',
          schedule: kind,
          enabled: true,
        };
  },
};
