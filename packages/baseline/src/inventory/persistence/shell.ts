/** Start-up files of shells, of the system and of every account, and what PAM and ssh read of a home. */
import { joined } from '../root-files.ts';
import type { PersistenceSource } from './source.ts';

const systemFiles = [
  '/etc/profile',
  '/etc/bash.bashrc',
  '/etc/bashrc',
  '/etc/bash.bash_logout',
  '/etc/environment',
  '/etc/security/pam_env.conf',
  '/etc/csh.cshrc',
  '/etc/csh.login',
  '/etc/csh.logout',
  '/etc/fish/config.fish',
  '/etc/ssh/sshrc',
  ...['zshenv', 'zprofile', 'zshrc', 'zlogin', 'zlogout'].flatMap(name => [
    `/etc/${name}`,
    `/etc/zsh/${name}`,
  ]),
];
const systemFolders = ['/etc/profile.d', '/etc/fish/conf.d', '/etc/skel', '/etc/environment.d'];
const homeFiles = [
  '.bashrc',
  '.bash_profile',
  '.bash_login',
  '.bash_logout',
  '.bash_aliases',
  '.profile',
  '.zshrc',
  '.zprofile',
  '.zshenv',
  '.zlogin',
  '.zlogout',
  '.kshrc',
  '.cshrc',
  '.tcshrc',
  '.login',
  '.logout',
  '.config/fish/config.fish',
  '.pam_environment',
  '.ssh/rc',
  '.ssh/environment',
  '.xprofile',
  '.xinitrc',
  '.xsession',
  '.xsessionrc',
];
const homeFolders = ['.config/fish/conf.d', '.bashrc.d', '.config/environment.d'];

export const shell: PersistenceSource = {
  kind: 'shell',
  title: { en: 'start-up files of shells', zh: 'shell 启动文件' },
  watched: [
    ...systemFiles,
    ...systemFolders.map(folder => `${folder}/`),
    ...homeFiles.map(file => `~/${file}`),
    ...homeFolders.map(folder => `~/${folder}/`),
  ],
  tags: ['attack.persistence', 'attack.privilege-escalation', 'attack.t1546.004'],
  severity: 3,
  *collect(host) {
    for (const path of systemFiles)
      if (host.files.stat(path)?.isFile())
        yield { path, user: 'every user', schedule: 'login', enabled: true };
    for (const folder of systemFolders)
      for (const path of host.filesIn(folder))
        yield { path, user: 'every user', schedule: 'login', enabled: true };
    for (const { account, home } of host.homes()) {
      const paths = homeFiles.map(file => joined(home, file)).filter(path => host.files.stat(path)?.isFile());
      for (const folder of homeFolders) paths.push(...host.filesIn(joined(home, folder)));
      for (const path of paths) yield { path, user: account.name, schedule: 'login', enabled: true };
    }
  },
};
