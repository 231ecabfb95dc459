/** Modules that web servers load, and files that PHP runs before every page. */
import type { Host } from '../host.ts';
import { joined } from '../root-files.ts';
import type { PersistenceItem, PersistenceSource } from './source.ts';
import { Identities, linesOf, oneCommand } from './text.ts';

const nginxFolders = ['/etc/nginx/modules-enabled', '/etc/nginx/conf.d', '/usr/share/nginx/modules'];
const apacheFolders = [
  '/etc/apache2/mods-enabled',
  '/etc/apache2/conf-enabled',
  '/etc/httpd/conf.modules.d',
  '/etc/httpd/conf.d',
];
const apacheFiles = ['/etc/apache2/apache2.conf', '/etc/httpd/conf/httpd.conf'];

function item(
  host: Host,
  path: string,
  id: string,
  name: string,
  file: string,
  base: string,
): PersistenceItem {
  const target = file.startsWith('/') ? file : joined(base, file);
  return {
    path,
    id,
    name,
    command: oneCommand(target),
    schedule: 'start of the server',
    enabled: true,
    facts: { target_sha256: host.files.sha256(target) },
  };
}

function* nginxItems(host: Host, path: string): Generator<PersistenceItem> {
  const identities = new Identities();
  for (const { text } of linesOf(host.files.text(path) ?? '')) {
    const file = /^load_module\s+["']?([^"';]+)["']?\s*;/.exec(text)?.[1];
    if (file !== undefined) yield item(host, path, identities.of(text), 'nginx', file, '/usr/share/nginx');
  }
}

function* apacheItems(host: Host, path: string): Generator<PersistenceItem> {
  const identities = new Identities();
  const base = path.startsWith('/etc/httpd') ? '/etc/httpd' : '/usr/lib/apache2';
  for (const { text } of linesOf(host.files.text(path) ?? '', { continues: true })) {
    const [, directive, file] = /^(LoadModule\s+\w+|LoadFile)\s+["']?([^"']+?)["']?$/i.exec(text) ?? [];
    if (directive !== undefined && file !== undefined)
      yield item(host, path, identities.of(text), `Apache ${directive.split(/\s+/).at(-1)}`, file, base);
  }
}

/** php.ini files: settings that make PHP run a file or load an extension. */
function* phpItems(host: Host, path: string): Generator<PersistenceItem> {
  const identities = new Identities();
  for (const { text } of linesOf(host.files.text(path) ?? '', { comment: '#;' })) {
    const [, name, value] =
      /^(auto_prepend_file|auto_append_file|(?:zend_)?extension)\s*=\s*"?([^"]+)"?$/.exec(text) ?? [];
    if (name !== undefined && value !== undefined && value.trim() !== '')
      yield {
        path,
        id: identities.of(text),
        name: `PHP ${name}`,
        command: oneCommand(value),
        schedule: 'every request',
        enabled: true,
      };
  }
}

/** Every php.ini and conf.d of Debian (`/etc/php/VERSION/SAPI`) and of RPM systems. */
function phpFiles(host: Host): string[] {
  const folders = host.files
    .names('/etc/php')
    .flatMap(version =>
      host.files.names(joined('/etc/php', version)).map(sapi => joined(joined('/etc/php', version), sapi)),
    );
  const files = folders.flatMap(folder => [
    joined(folder, 'php.ini'),
    ...host.filesIn(joined(folder, 'conf.d'), name => name.endsWith('.ini')),
  ]);
  return ['/etc/php.ini', ...host.filesIn('/etc/php.d', name => name.endsWith('.ini')), ...files];
}

export const webServer: PersistenceSource = {
  kind: 'web-server',
  title: { en: 'modules of web servers and PHP', zh: 'Web 服务器与 PHP 的模块' },
  watched: ['/etc/nginx/', '/etc/apache2/', '/etc/httpd/', '/etc/php/', '/etc/php.ini', '/etc/php.d/'],
  tags: ['attack.persistence', 'attack.t1505'],
  severity: 3,
  *collect(host) {
    const isConf = (name: string) => name.endsWith('.conf') || name.endsWith('.load');
    for (const path of [
      '/etc/nginx/nginx.conf',
      ...nginxFolders.flatMap(folder => host.filesIn(folder, isConf)),
    ])
      yield* nginxItems(host, path);
    for (const path of [...apacheFiles, ...apacheFolders.flatMap(folder => host.filesIn(folder, isConf))])
      yield* apacheItems(host, path);
    for (const path of phpFiles(host)) yield* phpItems(host, path);
  },
};
