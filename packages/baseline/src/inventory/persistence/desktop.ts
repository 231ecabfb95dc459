/** XDG autostart: what a desktop session starts (Desktop Application Autostart Specification). */
import { joined } from '../root-files.ts';
import type { PersistenceSource } from './source.ts';
import { oneCommand, sectionsOf, settingOf } from './text.ts';

export const desktop: PersistenceSource = {
  kind: 'desktop',
  title: { en: 'programs that a desktop session starts', zh: '桌面会话自启动程序' },
  watched: ['/etc/xdg/autostart/', '/usr/share/gnome/autostart/', '~/.config/autostart/'],
  tags: ['attack.persistence', 'attack.privilege-escalation', 'attack.t1547.013'],
  severity: 3,
  *collect(host) {
    const folders: [string, string][] = [
      ['/etc/xdg/autostart', 'every user'],
      ['/usr/share/gnome/autostart', 'every user'],
      ...host
        .homes()
        .map(({ account, home }): [string, string] => [joined(home, '.config/autostart'), account.name]),
    ];
    for (const [folder, user] of folders) {
      for (const path of host.filesIn(folder, name => name.endsWith('.desktop'))) {
        const sections = sectionsOf(host.files.text(path) ?? '');
        const value = (name: string) => settingOf(sections, 'Desktop Entry', name);
        const enabled = value('Hidden') !== 'true' && value('X-GNOME-Autostart-enabled') !== 'false';
        yield {
          path,
          name: oneCommand(value('Name') ?? ''),
          command: oneCommand(value('Exec') ?? ''),
          user,
          schedule: 'session',
          enabled,
        };
      }
    }
  },
};
