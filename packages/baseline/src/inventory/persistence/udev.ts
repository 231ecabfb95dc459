/** Rules of udev(7) that run a program when a device appears. */
import type { PersistenceItem, PersistenceSource } from './source.ts';
import { Identities, linesOf, oneCommand } from './text.ts';

const folders = [
  '/etc/udev/rules.d',
  '/run/udev/rules.d',
  '/usr/local/lib/udev/rules.d',
  '/usr/lib/udev/rules.d',
  '/lib/udev/rules.d',
];
const running = /\b(RUN(?:\{program\})?|PROGRAM|IMPORT\{program\})\s*(?:\+=|:=|==|=)\s*"((?:[^"\\]|\\.)*)"/g;

/** What a rules file runs, one item a rule and program. */
export function* udevItems(path: string, text: string): Generator<PersistenceItem> {
  const identities = new Identities();
  for (const { text: line } of linesOf(text, { continues: true })) {
    for (const [, verb, command = ''] of line.matchAll(running)) {
      const matches = line.slice(0, line.indexOf(verb as string)).replace(/,\s*$/, '');
      yield {
        path,
        id: identities.of(`${verb} ${command} ${matches}`),
        name: verb as string,
        command: oneCommand(command),
        user: 'root',
        schedule: oneCommand(matches),
        enabled: true,
      };
    }
  }
}

export const udev: PersistenceSource = {
  kind: 'udev',
  title: { en: 'udev rules that run programs', zh: '会运行程序的 udev 规则' },
  watched: folders.map(folder => `${folder}/`),
  tags: ['attack.persistence', 'attack.privilege-escalation', 'attack.t1546.017'],
  severity: 3,
  *collect(host) {
    const seen = new Set<string>();
    for (const folder of folders) {
      const real = host.files.resolve(folder);
      if (real === undefined || seen.has(real)) continue;
      seen.add(real);
      for (const path of host.filesIn(real, name => name.endsWith('.rules')))
        yield* udevItems(path, host.files.text(path) ?? '');
    }
  },
};
