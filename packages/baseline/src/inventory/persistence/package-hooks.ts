/** Commands that package managers run around their own work: apt.conf(5), dpkg.cfg(5), kernel hooks, apk, pacman. */
import type { PersistenceItem, PersistenceSource } from './source.ts';
import { Identities, linesOf, oneCommand, sectionsOf, settingOf } from './text.ts';

const kernelFolders = [
  '/etc/kernel/postinst.d',
  '/etc/kernel/preinst.d',
  '/etc/kernel/postrm.d',
  '/etc/kernel/prerm.d',
  '/etc/kernel/install.d',
];
const scriptFolders = [...kernelFolders, '/etc/apk/commit_hooks.d'];

/** apt.conf text without comments; strings keep what looks like one. */
function withoutComments(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|\/\*[\s\S]*?\*\/|(?:\/\/|#(?!clear|include))[^\n]*/g, match =>
    match.startsWith('"') ? match : ' ',
  );
}

const hookName =
  /((?:DPkg::)?(?:Pre-Install-Pkgs|Pre-Invoke|Post-Invoke(?:-Success|-Stats)?)|APT::Update::(?:Pre|Post)-Invoke(?:-Success)?|DPkg::[\w-]+|APT::Update::[\w-]+)$/i;

/** Hooks of apt.conf(5), both ways of writing them: `DPkg::Post-Invoke { "…"; };` and `DPkg::Post-Invoke:: "…";`. */
export function* aptHooks(path: string, text: string): Generator<PersistenceItem> {
  const identities = new Identities();
  const scopes: string[] = [];
  let name = '';
  for (const [token] of withoutComments(text).matchAll(/"(?:[^"\\]|\\.)*"|[{};]|[^\s{};"]+/g)) {
    if (token === '{') {
      scopes.push(name);
      name = '';
    } else if (token === '}') {
      scopes.pop();
      name = '';
    } else if (token === ';') name = '';
    else if (token.startsWith('"')) {
      const whole = [...scopes, name].filter(Boolean).join('::').replace(/:+$/, '');
      if (/(?:invoke|install-pkgs)/i.test(whole) && hookName.test(whole)) {
        const command = token.slice(1, -1);
        yield {
          path,
          id: identities.of(`${whole} ${command}`),
          name: whole,
          command: oneCommand(command),
          user: 'root',
          schedule: whole.split('::').at(-1) ?? '',
          enabled: true,
        };
      }
    } else name = token.replace(/:+$/, '');
    if (scopes.length > 64) return;
  }
}

export const packageHooks: PersistenceSource = {
  kind: 'package-hook',
  title: { en: 'commands that package managers run', zh: '包管理器钩子' },
  watched: [
    '/etc/apt/apt.conf',
    '/etc/apt/apt.conf.d/',
    '/etc/dpkg/dpkg.cfg',
    '/etc/dpkg/dpkg.cfg.d/',
    ...scriptFolders.map(folder => `${folder}/`),
    '/etc/pacman.d/hooks/',
  ],
  tags: ['attack.persistence', 'attack.privilege-escalation', 'attack.t1546.016'],
  severity: 3,
  *collect(host) {
    for (const path of ['/etc/apt/apt.conf', ...host.filesIn('/etc/apt/apt.conf.d')])
      yield* aptHooks(path, host.files.text(path) ?? '');
    for (const path of ['/etc/dpkg/dpkg.cfg', ...host.filesIn('/etc/dpkg/dpkg.cfg.d')]) {
      const identities = new Identities();
      for (const { text } of linesOf(host.files.text(path) ?? '')) {
        const [, step, command] = /^(pre-invoke|post-invoke|status-logger)[\s=]+(.+)$/.exec(text) ?? [];
        if (step !== undefined && command !== undefined)
          yield {
            path,
            id: identities.of(text),
            name: 'dpkg',
            command: oneCommand(command),
            user: 'root',
            schedule: step,
            enabled: true,
          };
      }
    }
    for (const folder of scriptFolders)
      for (const path of host.filesIn(folder))
        yield { path, command: path, user: 'root', schedule: folder, enabled: true };
    for (const path of host.filesIn('/etc/pacman.d/hooks', name => name.endsWith('.hook')))
      yield {
        path,
        command: oneCommand(settingOf(sectionsOf(host.files.text(path) ?? ''), 'Action', 'Exec') ?? ''),
        user: 'root',
        schedule: 'pacman',
        enabled: true,
      };
  },
};
