/** What the dynamic loader is told to load or where to look (ld.so(8)): the shortest way into every program. */
import { keyOfText } from '../text-key.ts';
import type { PersistenceSource, Remark } from './source.ts';
import { Identities, linesOf, oneCommand } from './text.ts';

const preload = '/etc/ld.so.preload';

export const loader: PersistenceSource = {
  kind: 'loader',
  title: { en: 'preloaded libraries and library folders', zh: '预加载库与库搜索目录' },
  watched: [preload, '/etc/ld.so.conf', '/etc/ld.so.conf.d/', '/etc/environment'],
  tags: ['attack.persistence', 'attack.privilege-escalation', 'attack.defense-evasion', 'attack.t1574.006'],
  severity: 3,
  *collect(host) {
    const identities = new Identities();
    for (const { text } of linesOf(host.files.text(preload) ?? '')) {
      const bare = text.replace(/\s#.*$/, '');
      for (const library of bare.split(/[\s:]+/).filter(Boolean)) {
        const path = keyOfText(library);
        yield {
          path: preload,
          id: identities.of(library),
          command: oneCommand(library),
          user: 'every user',
          schedule: 'every program',
          enabled: true,
          facts: { target_sha256: path.startsWith('/') ? host.files.sha256(path) : null },
        };
      }
    }
    for (const file of [
      '/etc/ld.so.conf',
      ...host.filesIn('/etc/ld.so.conf.d', name => name.endsWith('.conf')),
    ])
      for (const { text } of linesOf(host.files.text(file) ?? ''))
        if (!text.startsWith('include'))
          yield {
            path: file,
            id: identities.of(text),
            name: 'library folder',
            schedule: 'every program',
            enabled: true,
            facts: { folder: oneCommand(text) },
          };
    for (const { text } of linesOf(host.files.text('/etc/environment') ?? '')) {
      const [, name, value] = /^(?:export\s+)?(LD_\w+)=(.*)$/.exec(text) ?? [];
      if (name !== undefined)
        yield {
          path: '/etc/environment',
          id: identities.of(text),
          name,
          command: oneCommand(value ?? ''),
          user: 'every user',
          schedule: 'login',
          enabled: true,
        };
    }
  },
  remarks(facts) {
    const remarks: Remark[] = [];
    if (facts['path'] === preload)
      remarks.push({
        text: {
          en: 'the library is loaded into every program that starts, set-uid programs as well',
          zh: '该库会被加载到每个启动的程序中，包括 set-uid 程序',
        },
        field: 'command',
        value: String(facts['command'] ?? ''),
        weight: 2,
      });
    if (typeof facts['folder'] === 'string' && /^\/(?:tmp|var\/tmp|dev\/shm|home)\b/.test(facts['folder']))
      remarks.push({
        text: {
          en: 'libraries are looked for in a folder that users can write to',
          zh: '在用户可写的目录中搜索库',
        },
        field: 'folder',
        value: facts['folder'],
        weight: 1,
      });
    return remarks;
  },
};
