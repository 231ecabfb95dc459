/** Scripts that run as root at every login to make the message of the day (update-motd(5)). */
import type { PersistenceSource } from './source.ts';

const folders = ['/etc/update-motd.d', '/usr/lib/update-notifier', '/etc/update-notifier'];

export const motd: PersistenceSource = {
  kind: 'motd',
  title: { en: 'message-of-the-day and update scripts', zh: '登录提示与更新脚本' },
  watched: folders.map(folder => `${folder}/`),
  tags: ['attack.persistence', 'attack.privilege-escalation', 'attack.t1546'],
  severity: 3,
  *collect(host) {
    for (const folder of folders)
      for (const path of host.filesIn(folder)) {
        const enabled = ((host.files.stat(path)?.mode ?? 0) & 0o111) !== 0;
        yield { path, command: path, user: 'root', schedule: 'login', enabled };
      }
  },
};
