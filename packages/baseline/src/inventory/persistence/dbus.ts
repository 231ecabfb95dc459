/** Services that D-Bus starts when somebody asks for their name (D-Bus Specification, Message Bus Starting Services). */
import { joined } from '../root-files.ts';
import type { PersistenceSource } from './source.ts';
import { oneCommand, sectionsOf, settingOf } from './text.ts';

const bases = ['/etc/dbus-1', '/usr/local/share/dbus-1', '/usr/share/dbus-1', '/run/dbus-1'];

export const dbus: PersistenceSource = {
  kind: 'dbus',
  title: { en: 'services that D-Bus starts', zh: 'D-Bus 激活的服务' },
  watched: [
    ...bases.flatMap(base => [`${base}/system-services/`, `${base}/services/`]),
    '~/.local/share/dbus-1/services/',
  ],
  tags: ['attack.persistence', 'attack.privilege-escalation', 'attack.t1543'],
  severity: 3,
  *collect(host) {
    const folders: [string, string | undefined][] = [
      ...bases.flatMap((base): [string, string | undefined][] => [
        [`${base}/system-services`, undefined],
        [`${base}/services`, 'every user'],
      ]),
      ...host
        .homes()
        .map(({ account, home }): [string, string] => [
          joined(home, '.local/share/dbus-1/services'),
          account.name,
        ]),
    ];
    for (const [folder, owner] of folders) {
      for (const path of host.filesIn(folder, name => name.endsWith('.service'))) {
        const sections = sectionsOf(host.files.text(path) ?? '');
        const value = (name: string) => settingOf(sections, 'D-BUS Service', name);
        const unit = value('SystemdService');
        yield {
          path,
          name: oneCommand(value('Name') ?? ''),
          command: oneCommand(value('Exec') ?? ''),
          user: owner ?? value('User') ?? 'root',
          schedule: 'on demand',
          enabled: true,
          facts: unit === undefined ? {} : { activates: unit },
        };
      }
    }
  },
};
