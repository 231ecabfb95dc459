/** Parsers of files that anybody may have written: no text makes them fail, give too much, or take long. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseGroup, parsePasswd, parseShadow, passwordKind } from '../../src/inventory/accounts/files.ts';
import { atJob } from '../../src/inventory/persistence/at.ts';
import { inittabItems } from '../../src/inventory/persistence/boot-scripts.ts';
import { dockerContainer } from '../../src/inventory/persistence/containers.ts';
import { anacrontabItems, cronJob, crontabItems } from '../../src/inventory/persistence/cron.ts';
import { gitConfigItems } from '../../src/inventory/persistence/git-hooks.ts';
import { modprobeItems } from '../../src/inventory/persistence/kernel-modules.ts';
import { interfacesItems } from '../../src/inventory/persistence/network-hooks.ts';
import { aptHooks } from '../../src/inventory/persistence/package-hooks.ts';
import { pamRule } from '../../src/inventory/persistence/pam.ts';
import { programOf } from '../../src/inventory/persistence/program.ts';
import { authorizedKey } from '../../src/inventory/persistence/ssh-keys.ts';
import { unitFacts } from '../../src/inventory/persistence/systemd.ts';
import { linesOf, sectionsOf } from '../../src/inventory/persistence/text.ts';
import { udevItems } from '../../src/inventory/persistence/udev.ts';
import { ipv4OfWord, ipv6OfHex, ipv6OfWords } from '../../src/inventory/states/addresses.ts';
import { certificatesIn } from '../../src/inventory/states/certificates.ts';
import { parseModules } from '../../src/inventory/states/modules.ts';
import { parseMountInfo } from '../../src/inventory/states/mounts.ts';
import { parseCapabilities } from '../../src/inventory/states/privileged-files.ts';
import { parseRoutes, parseRoutes6 } from '../../src/inventory/states/routes.ts';
import { parseSockets } from '../../src/inventory/states/sockets.ts';
import { parseEnabledFunctions, parseKprobes, taintsOf } from '../../src/rootkit/index.ts';

/** Text out of the pieces that these files are made of, and anything else. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\n',
        ' ',
        '\t',
        '=',
        ':',
        '"',
        "'",
        '\\',
        '#',
        ';',
        '{',
        '}',
        '[',
        ']',
        '(',
        ')',
        ',',
        '*',
        '/',
        '-',
        '@',
        '\0',
      ),
      fc.constantFrom(
        '[Service]',
        'ExecStart=',
        'root',
        '0',
        'auth',
        'pam_x.so',
        'ssh-ed25519',
        'RUN+="',
        'install',
        'DPkg::Post-Invoke',
        '@reboot',
        '$6$',
        '-----BEGIN CERTIFICATE-----',
      ),
      fc.string({ unit: 'binary', maxLength: 12 }),
    ),
    { maxLength: 120 },
  )
  .map(parts => parts.join(''));

const all = <T>(items: Iterable<T>): T[] => [...items];

test('no text makes a parser fail', () => {
  const parsers: readonly ((text: string) => unknown)[] = [
    text => all(linesOf(text, { continues: true })),
    sectionsOf,
    text => unitFacts(text, 'system'),
    text => [
      cronJob(text, true),
      cronJob(text, false),
      all(crontabItems('/x', text, undefined)),
      all(anacrontabItems('/x', text)),
    ],
    atJob,
    text => all(inittabItems('/x', text)),
    text => dockerContainer('/x', text, text),
    text => all(gitConfigItems('/x', text)),
    text => all(modprobeItems('/x', text)),
    text => all(interfacesItems('/x', text)),
    text => all(aptHooks('/x', text)),
    pamRule,
    programOf,
    authorizedKey,
    text => all(udevItems('/x', text)),
    text => [parsePasswd(text), parseGroup(text), parseShadow(text), passwordKind(text)],
    text => all(certificatesIn(text)),
    text => [
      parseModules(text),
      parseMountInfo(text),
      parseCapabilities(text),
      parseRoutes(text),
      parseRoutes6(text),
    ],
    text => [parseSockets('tcp', text), parseSockets('udp6', text)],
    text => [parseEnabledFunctions(text), parseKprobes(text)],
  ];
  fc.assert(
    fc.property(hostile, text => {
      for (const parse of parsers) parse(text);
    }),
    { numRuns: 400 },
  );
});

test('a lone backslash at the end, a line without end and a megabyte of one letter are read', () => {
  for (const text of [
    'a\\',
    'a',
    'a'.repeat(1 << 20),
    '\\\n'.repeat(50_000),
    '"'.repeat(50_000),
    '{'.repeat(50_000),
  ]) {
    assert.ok(all(linesOf(text, { continues: true })).length <= 50_000);
    assert.ok(all(aptHooks('/x', text)).length === 0);
    assert.equal(authorizedKey(text), undefined);
    programOf(text);
    unitFacts(text, 'system');
  }
});

test('of passwords nothing is kept but their kind', () => {
  assert.deepEqual(
    [
      '',
      'x',
      '*',
      '!',
      '!!',
      '!$6$a$b',
      '$6$a$b',
      '$y$j9T$a$b',
      '$2b$12$x',
      '$1$a$b',
      'abcdefghijklm',
      'plain',
    ].map(passwordKind),
    [
      'empty',
      'shadow',
      'none',
      'locked',
      'locked',
      'sha512',
      'sha512',
      'yescrypt',
      'bcrypt',
      'md5',
      'descrypt',
      'unknown',
    ],
  );
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9./]{20,60}$/), hash => {
      const text = JSON.stringify(parseShadow(`li:$6$salt$${hash}:19000:0:99999:7:::\n`));
      assert.ok(!text.includes(hash));
    }),
  );
});

test('which program a command starts', () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['/usr/bin/a -x', '/usr/bin/a'],
    ['-/bin/mkdir -p /run/x', '/bin/mkdir'],
    ['/bin/sh -c "/opt/b/run --x"', '/opt/b/run'],
    ['/usr/bin/python3 /srv/app.py', '/srv/app.py'],
    ['test -x /usr/sbin/anacron || run-parts', '/usr/sbin/anacron'],
    ['env X=1 nice -n 10 /usr/bin/c', '/usr/bin/c'],
    ['/bin/sh', '/bin/sh'],
    ['echo hello', undefined],
  ];
  for (const [command, program] of cases) assert.equal(programOf(command), program, command);
});

test('addresses, routes, mounts, capabilities, taints as the kernel writes them', () => {
  assert.equal(ipv4OfWord('0100007F'), '127.0.0.1');
  assert.equal(ipv6OfWords('00000000000000000000000001000000'), '::1');
  assert.equal(ipv6OfWords('0000000000000000FFFF00000100007F'), '127.0.0.1');
  assert.equal(ipv6OfHex('fe800000000000000000000000000001'), 'fe80::1');
  assert.equal(ipv6OfHex('20010db8000100020003000400050006'), '2001:db8:1:2:3:4:5:6');
  assert.deepEqual(parseRoutes('Iface\teth0\neth0\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0'), [
    { destination: '0.0.0.0/0', gateway: '192.168.0.1', device: 'eth0', metric: 100 },
  ]);
  const [mount] = parseMountInfo('36 35 98:0 /sub\\040x /mnt/a\\040b rw,nosuid - ext4 /dev/x rw,noexec\n');
  assert.deepEqual(
    [mount?.root, mount?.target, mount?.options],
    ['/sub x', '/mnt/a b', ['rw', 'nosuid', 'noexec']],
  );
  assert.deepEqual(parseCapabilities('/usr/bin/a b cap_net_raw=ep'), {
    path: '/usr/bin/a b',
    capabilities: 'cap_net_raw=ep',
  });
  assert.deepEqual(parseCapabilities('/usr/bin/ping = cap_net_raw+ep'), {
    path: '/usr/bin/ping',
    capabilities: 'cap_net_raw+ep',
  });
  assert.deepEqual(
    taintsOf(4097).map(({ letter }) => letter),
    ['P', 'O'],
  );
});
