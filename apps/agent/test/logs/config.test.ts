/** The configuration of logs: what is taken, what is refused and with which words. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { defaultSources } from '../../src/logs/config/defaults.ts';
import {
  addLogSource,
  effectiveSources,
  LogsConfigError,
  logsConfigPath,
  readLogsConfig,
  removeLogSource,
} from '../../src/logs/config/file.ts';
import { parseLogsConfig } from '../../src/logs/config/parse.ts';

function folder(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'redoubt-logs-config-'));
  context.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test('an empty file, and one without sources, mean what is found on this host', () => {
  for (const text of ['', '# nothing\n', 'defaults: true\n', 'sources: []\n']) {
    assert.deepEqual(parseLogsConfig(text, 'logs.yml'), { defaults: true, except: [], sources: [] });
  }
});

test('every kind of source is read', () => {
  const { sources } = parseLogsConfig(
    `sources:
  - {name: web, type: file, paths: [/var/log/a.log, /var/log/b*.log], format: web-access, access_format: '$remote_addr', timezone: Asia/Shanghai, from: start}
  - {name: one, type: file, paths: /var/log/c.log}
  - {name: units, type: journal, units: [ssh.service], identifiers: sshd, directory: /var/log/journal}
  - {name: net, type: syslog, address: "::1", udp: 514, tls: {port: 6514, certificate: /c.pem, key: /k.pem, client_authorities: /a.pem}}
  - {name: win, type: winevents, address: 10.0.0.5, port: 5986, token_file: /t, tls: {certificate: /c.pem, key: /k.pem}}
`,
    'logs.yml',
  );
  assert.deepEqual(sources, [
    {
      type: 'file',
      name: 'web',
      paths: ['/var/log/a.log', '/var/log/b*.log'],
      format: 'web-access',
      accessFormat: '$remote_addr',
      timezone: 'Asia/Shanghai',
      from: 'start',
    },
    { type: 'file', name: 'one', paths: ['/var/log/c.log'], from: 'end' },
    {
      type: 'journal',
      name: 'units',
      units: ['ssh.service'],
      identifiers: ['sshd'],
      directory: '/var/log/journal',
      from: 'end',
    },
    {
      type: 'syslog',
      name: 'net',
      address: '::1',
      udp: 514,
      tlsPort: 6514,
      tls: { certificate: '/c.pem', key: '/k.pem', clientAuthorities: '/a.pem' },
    },
    {
      type: 'winevents',
      name: 'win',
      address: '10.0.0.5',
      port: 5986,
      tokenFile: '/t',
      tls: { certificate: '/c.pem', key: '/k.pem' },
      plain: false,
    },
  ]);
});

const refused: readonly (readonly [why: string, text: string, words: RegExp])[] = [
  ['no YAML', 'sources: [', /^logs\.yml:1: not YAML: /],
  [
    'an unknown key',
    'sources: []\nextra: 1\n',
    /^logs\.yml:2: extra: is not a known key; known are defaults/,
  ],
  ['no mapping', '- a\n', /^logs\.yml:1: must be a mapping/],
  ['no list', 'sources: yes\n', /^logs\.yml:1: sources: must be a list/],
  ['no name', 'sources:\n  - type: file\n    paths: /x\n', /^logs\.yml:2: sources\[0\]: has no "name"/],
  [
    'a bad name',
    'sources:\n  - name: Über\n    type: file\n',
    /^logs\.yml:2: sources\[0\]\.name: must be 1 to 64/,
  ],
  [
    'an unknown type',
    'sources:\n  - name: a\n    type: fifo\n',
    /^logs\.yml:3: .*type: "fifo" is none of file/,
  ],
  [
    'a key of another type',
    'sources:\n  - name: a\n    type: file\n    udp: 1\n',
    /^logs\.yml:4: .*\.udp: is not a known key/,
  ],
  [
    'an unknown format',
    'sources:\n  - name: a\n    type: file\n    paths: /x\n    format: evtx\n',
    /^logs\.yml:5: .*"evtx" is none of/,
  ],
  ['a relative path', 'sources:\n  - {name: a, type: file, paths: x}\n', /"x" is not an absolute path/],
  [
    'a format string of the wrong format',
    'sources:\n  - {name: a, type: file, paths: /x, access_format: y}\n',
    /only for the format web-access/,
  ],
  [
    'a zone that is none',
    'sources:\n  - {name: a, type: file, paths: /x, timezone: Mars}\n',
    /"Mars" is not a time zone/,
  ],
  [
    'an option as unit',
    'sources:\n  - {name: a, type: journal, units: [--file=x]}\n',
    /is not the name of a unit/,
  ],
  [
    'a listener without port',
    'sources:\n  - {name: a, type: syslog, address: 127.0.0.1}\n',
    /needs at least one of/,
  ],
  [
    'a host name',
    'sources:\n  - {name: a, type: syslog, address: localhost, udp: 1}\n',
    /is not an IP address/,
  ],
  [
    'a port that is none',
    'sources:\n  - {name: a, type: syslog, address: 127.0.0.1, udp: 70000}\n',
    /udp: must be a port/,
  ],
  [
    'TLS without key',
    'sources:\n  - {name: a, type: syslog, address: 127.0.0.1, tls: {port: 1, certificate: /c}}\n',
    /has no "key"/,
  ],
  [
    'a token in the clear',
    'sources:\n  - {name: a, type: winevents, address: 10.0.0.5, port: 1, token_file: /t}\n',
    /so "tls" is needed/,
  ],
  [
    'one name twice',
    'sources:\n  - {name: a, type: journal}\n  - {name: a, type: journal}\n',
    /^logs\.yml:3: .*two sources/,
  ],
];

for (const [why, text, words] of refused) {
  test(`refused: ${why}`, () => {
    assert.throws(
      () => parseLogsConfig(text, 'logs.yml'),
      (error: Error) => {
        assert.ok(error instanceof LogsConfigError);
        assert.match(error.text.en, words);
        assert.notEqual(error.text.zh, error.text.en);
        return true;
      },
    );
  });
}

test('whatever the text is, it is taken or refused in words', () => {
  const piece = fc.constantFrom(
    ...'sources:\n  - {name: a, type: file, paths: [/x]}#&*!|>"\'%@`?,-\t'.split(''),
    'type',
    'tls',
    '[',
    'null',
    '1e9',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), parts => {
      try {
        parseLogsConfig(parts.join(''), 'logs.yml');
      } catch (error) {
        assert.ok(error instanceof LogsConfigError, String(error));
        assert.match(error.text.en, /^logs\.yml:\d+: /);
      }
    }),
    { numRuns: 2_000 },
  );
});

/** A root file system with the named files. */
function rootWith(context: TestContext, files: Readonly<Record<string, string>>): string {
  const root = folder(context);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

test('logs are found where they usually are', context => {
  const root = rootWith(context, {
    'var/log/auth.log': '',
    'var/log/nginx/access.log': '',
    'var/log/nginx/shop.error.log': '',
    'var/log/apache2/other_vhosts_access.log': '',
    'var/log/apache2/modsec_audit.log': '',
    'var/log/postgresql/postgresql-17-main.json': '',
    'var/log/postgresql/postgresql-17-main.log': '',
    'var/log/mysql/error.log': '',
    'var/log/mail.log': '',
    'var/log/vsftpd.log': '',
    'var/log/audit/audit.log': '',
  });
  const found = defaultSources(root).map(source => [source.name, source.type === 'file' && source.format]);
  assert.deepEqual(found, [
    ['auth', 'syslog'],
    ['nginx-access', 'web-access'],
    ['nginx-error', 'nginx-error'],
    ['apache-access', 'web-access'],
    ['modsecurity', undefined],
    ['postgresql', 'postgresql'],
    ['postgresql-json', 'postgresql-json'],
    ['mysql-error', 'mysql-error'],
    ['mail', 'syslog'],
    ['vsftpd', 'vsftpd'],
  ]);
});

test('auditd’s log is followed while auditd runs; the journal stands in where no auth.log is', context => {
  const root = rootWith(context, {
    'var/log/audit/audit.log': '',
    'run/auditd.pid': '77\n',
    'proc/77/comm': 'auditd\n',
    'run/systemd/journal/socket': '',
    'usr/bin/journalctl': '',
  });
  const path = process.env['PATH'];
  process.env['PATH'] = '/usr/bin';
  context.after(() => {
    process.env['PATH'] = path;
  });
  assert.deepEqual(
    defaultSources(root).map(source => [source.name, source.type]),
    [
      ['auth', 'journal'],
      ['auditd', 'file'],
    ],
  );
});

test('a file that may not be read is no default', {
  skip: process.getuid?.() === 0 && 'root reads everything',
}, context => {
  const root = rootWith(context, { 'var/log/auth.log': '' });
  chmodSync(join(root, 'var/log/auth.log'), 0);
  assert.deepEqual(defaultSources(root), []);
});

test('sources are added and removed, comments stay, and only the owner may read', context => {
  const state = join(folder(context), 'state');
  const found = () => [{ type: 'file' as const, name: 'nginx', paths: ['/n.log'], from: 'end' as const }];
  const names = () => effectiveSources(readLogsConfig(state), found).map(source => source.name);
  assert.deepEqual(names(), ['nginx']);
  addLogSource(state, { name: 'shop', type: 'file', paths: ['/shop.log'] });
  const path = logsConfigPath(state);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  writeFileSync(path, `${readFileSync(path, 'utf8')}# a note of ours\n`);
  assert.deepEqual(names(), ['nginx', 'shop']);
  assert.equal(removeLogSource(state, 'nginx', found), true);
  assert.deepEqual(names(), ['shop']);
  addLogSource(state, { name: 'nginx', type: 'file', paths: ['/other.log'] });
  assert.deepEqual(names(), ['shop', 'nginx']);
  assert.equal(removeLogSource(state, 'shop', found), true);
  assert.equal(removeLogSource(state, 'shop', found), false);
  assert.match(readFileSync(path, 'utf8'), /# a note of ours/);
  const before = readFileSync(path, 'utf8');
  assert.throws(() => addLogSource(state, { name: 'nginx', type: 'journal' }), LogsConfigError);
  assert.equal(readFileSync(path, 'utf8'), before);
});
