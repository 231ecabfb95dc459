/** Hooks of the git repositories that web roots are deployed from (githooks(5)), and settings that make git run one. */
import type { Host } from '../host.ts';
import { joined } from '../root-files.ts';
import type { PersistenceItem, PersistenceSource } from './source.ts';
import { Identities, linesOf, oneCommand } from './text.ts';

const webRoots = ['/var/www', '/srv', '/usr/share/nginx/html', '/opt', '/var/lib/git', '/home/git'];
/** How deep below a web root a repository is looked for, and how many folders are read. */
const deepest = 4;
const mostFolders = 20_000;

/** Repositories below a folder: folders that hold `HEAD` and `hooks`. */
function* repositories(host: Host, root: string): Generator<string> {
  const waiting: [string, number][] = [[root, 0]];
  for (let read = 0; waiting.length > 0; read++) {
    const [folder, depth] = waiting.pop() as [string, number];
    if (read >= mostFolders) {
      host.onTrouble({
        key: root,
        text: {
          en: `more than ${mostFolders} folders; the rest is not looked at`,
          zh: `超过 ${mostFolders} 个目录，其余未检查`,
        },
      });
      return;
    }
    host.signal?.throwIfAborted();
    const names = host.files.names(folder);
    if (names.includes('HEAD') && names.includes('hooks')) {
      yield folder;
      continue;
    }
    if (depth >= deepest) continue;
    for (const name of names) {
      if (name === 'node_modules') continue;
      const path = joined(folder, name);
      if (host.files.lstat(path)?.isDirectory()) waiting.push([path, depth + 1]);
    }
  }
}

/** Settings of git-config(1) that run a program. */
export function* gitConfigItems(path: string, text: string): Generator<PersistenceItem> {
  const identities = new Identities();
  let section = '';
  for (const { text: line } of linesOf(text, { comment: '#;', continues: true })) {
    section = /^\[([^\]\s]+)/.exec(line)?.[1]?.toLowerCase() ?? section;
    const [, name, value] = /(?:^|\]\s*)([A-Za-z][\w-]*)\s*=\s*(.+)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    const setting = `${section}.${name.toLowerCase()}`;
    if (
      !/^(?:core\.(?:hookspath|fsmonitor|sshcommand|pager|editor)|filter\.(?:clean|smudge|process)|credential\.helper)$/.test(
        setting,
      )
    )
      continue;
    yield {
      path,
      id: identities.of(`${setting} ${value}`),
      name: setting,
      command: oneCommand(value),
      schedule: 'git',
      enabled: true,
    };
  }
}

export const gitHooks: PersistenceSource = {
  kind: 'git-hook',
  title: { en: 'git hooks of deployments', zh: '部署仓库的 git 钩子' },
  watched: ['/var/www/*/.git/hooks/', '/srv/*/.git/hooks/', '/etc/gitconfig', '~/.gitconfig'],
  tags: ['attack.persistence', 'attack.execution', 'attack.t1546'],
  severity: 3,
  *collect(host) {
    for (const root of webRoots) {
      if (!host.files.stat(root)?.isDirectory()) continue;
      for (const repository of repositories(host, root)) {
        for (const path of host.filesIn(joined(repository, 'hooks'), name => !name.endsWith('.sample'))) {
          const stats = host.files.stat(path);
          yield {
            path,
            command: path,
            user: host.userName(stats?.uid ?? 0),
            schedule: path.slice(path.lastIndexOf('/') + 1),
            enabled: ((stats?.mode ?? 0) & 0o111) !== 0,
          };
        }
        yield* gitConfigItems(
          joined(repository, 'config'),
          host.files.text(joined(repository, 'config')) ?? '',
        );
      }
    }
    for (const path of ['/etc/gitconfig', ...host.homes().map(({ home }) => joined(home, '.gitconfig'))])
      yield* gitConfigItems(path, host.files.text(path) ?? '');
  },
};
