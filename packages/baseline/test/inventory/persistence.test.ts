/** The persistence inventory on roots made for the purpose, and on this host. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { StateEntry } from '@redoubt/model';
import { persistenceCollector, persistenceSources } from '../../src/inventory/index.ts';
import { type Collected, collected, madeRoot } from './made-root.ts';

const key1 = 'AAAAC3NzaC1lZDI1NTE5AAAAIFzmDsIeC0kHPCN6YzRkYyZpxWjwUxGgyIlR6bCUDhEu';

const passwd = `root:x:0:0:root:/root:/bin/bash
www:x:33:33:www:/var/www:/usr/sbin/nologin
li:x:1000:1000:Li:/home/li:/bin/bash
`;

/** One item of each kind, harmless: nothing here is ever run. */
const whole: Readonly<Record<string, string>> = {
  'etc/passwd': passwd,
  'etc/group': 'root:x:0:\nli:x:1000:\n',
  'etc/systemd/system/a.service': '[Service]\nExecStart=/usr/bin/a \\\n  --flag\nUser=li\n',
  'etc/systemd/system/a.service.d/more.conf': '[Service]\nEnvironment=LD_PRELOAD=/opt/x.so\n',
  'etc/systemd/system/multi-user.target.wants/a.service': '-> /etc/systemd/system/a.service',
  'etc/systemd/system/b.timer': '[Timer]\nOnCalendar=*-*-* 02:00\nUnit=a.service\n',
  'etc/systemd/system/off.service': '-> /dev/null',
  'etc/systemd/system-generators/gen': '0755|#!/bin/sh\n',
  'home/li/.config/systemd/user/u.service': '[Service]\nExecStart=/home/li/bin/u\n',
  'etc/crontab': 'SHELL=/bin/sh\n17 * * * * root /usr/bin/hourly\n@reboot li /tmp/.x/run\n',
  'etc/cron.daily/job': '0755|#!/bin/sh\n',
  'var/spool/cron/crontabs/li': '*/5 * * * * /home/li/poll\n',
  'etc/anacrontab': '7 10 weekly /usr/bin/weekly\n',
  'var/spool/cron/atjobs/a0000101a2b3c4':
    '#!/bin/sh\n# atrun uid=1000 gid=1000\nHOME=/home/li; export HOME\ncd /home/li || {\n\techo no\n\texit 1\n}\n/usr/bin/later\n',
  'etc/rc.local': '0755|#!/bin/sh\n/usr/bin/boot\n',
  'etc/init.d/old': '0755|#!/bin/sh\n',
  'etc/rc2.d/S01old': '-> ../init.d/old',
  'etc/profile.d/x.sh': 'true\n',
  'home/li/.bashrc': 'true\n',
  'root/.ssh/authorized_keys': `command="/bin/date \\"x\\"",no-pty ssh-ed25519 ${key1} li@host\n`,
  'etc/ssh/sshd_config':
    'AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/keys/%u\nAuthorizedKeysCommand /usr/bin/keys\n',
  'etc/ssh/keys/li': `ssh-ed25519 ${key1}\n`,
  'etc/pam.d/sshd':
    'auth sufficient pam_permit.so\n@include common-auth\nsession optional pam_exec.so seteuid /usr/bin/told\n',
  'etc/ld.so.preload': '/usr/lib/x.so\n',
  'etc/ld.so.conf.d/l.conf': '/tmp/lib\n',
  'etc/modules-load.d/m.conf': 'dummy\n',
  'etc/modprobe.d/i.conf': 'install dummy /usr/bin/instead\ninstall usb-storage /bin/true\n',
  'etc/udev/rules.d/9.rules': 'ACTION=="add", RUN+="/usr/bin/plugged"\n',
  'etc/sudoers': 'Defaults env_reset\nli ALL=(ALL) NOPASSWD: ALL\n@includedir /etc/sudoers.d\n',
  'etc/sudoers.d/one': '%wheel ALL=(ALL) ALL\n',
  'etc/sudoers.d/not.read': 'x ALL=(ALL) ALL\n',
  'etc/nginx/nginx.conf': 'load_module modules/m.so;\n',
  'etc/apache2/mods-enabled/x.load': 'LoadModule x_module /usr/lib/apache2/modules/x.so\n',
  'etc/php/8.2/fpm/php.ini': 'auto_prepend_file = /srv/first.php\n',
  'var/lib/docker/containers/c1/config.v2.json':
    '{"Name":"/web","Path":"/run.sh","Args":["-d"],"Config":{"Image":"web:1","User":""}}',
  'var/lib/docker/containers/c1/hostconfig.json':
    '{"RestartPolicy":{"Name":"always"},"Privileged":true,"Binds":["/:/host"]}',
  'etc/containers/systemd/q.container':
    '[Container]\nImage=q:1\nExec=/q\n[Install]\nWantedBy=default.target\n',
  'etc/xdg/autostart/d.desktop': '[Desktop Entry]\nName=D\nExec=/usr/bin/d\n',
  'var/www/site/.git/HEAD': 'ref: refs/heads/main\n',
  'var/www/site/.git/config': '[core]\n\tfsmonitor = /usr/bin/fs\n',
  'var/www/site/.git/hooks/post-merge': '0755|#!/bin/sh\n',
  'var/www/site/.git/hooks/post-merge.sample': 'x',
  'etc/update-motd.d/10-x': '0755|#!/bin/sh\n',
  'etc/network/interfaces': 'iface eth0 inet dhcp\n  post-up /usr/bin/up\n',
  'etc/apt/apt.conf.d/99x':
    'DPkg::Post-Invoke { "/usr/bin/after"; };\nAPT::Update::Pre-Invoke:: "/usr/bin/before"; // "no"\n',
  'usr/share/dbus-1/system-services/s.service': '[D-BUS Service]\nName=org.s\nExec=/usr/bin/s\nUser=root\n',
};

const byKind = ({ entries }: Collected, kind: string): StateEntry[] =>
  [...entries.values()].filter(({ facts }) => facts['kind'] === kind);

test('each kind is found, with what it runs, as whom, when', async context => {
  const found = await collected(persistenceCollector, madeRoot(context, whole));
  for (const { kind } of persistenceSources) assert.ok(byKind(found, kind).length > 0, kind);
  assert.deepEqual(found.troubles, []);
  const fact = (kind: string, path: string, name: string): unknown[] =>
    byKind(found, kind)
      .filter(({ facts }) => facts['path'] === path)
      .map(({ facts }) => facts[name]);

  const unit = found.entries.get('systemd:/etc/systemd/system/a.service')?.facts;
  assert.equal(unit?.['command'], '/usr/bin/a --flag');
  assert.deepEqual([unit?.['user'], unit?.['enabled'], unit?.['package']], ['li', true, null]);
  assert.match(String(unit?.['sha256']), /^[0-9a-f]{64}$/);
  assert.deepEqual(fact('systemd', '/etc/systemd/system/a.service.d/more.conf', 'environment'), [
    'LD_PRELOAD=/opt/x.so',
  ]);
  assert.deepEqual(fact('systemd', '/etc/systemd/system/b.timer', 'schedule'), ['OnCalendar=*-*-* 02:00']);
  assert.deepEqual(fact('systemd', '/etc/systemd/system/off.service', 'enabled'), [false]);
  assert.deepEqual(fact('systemd', '/home/li/.config/systemd/user/u.service', 'user'), ['li']);
  assert.deepEqual(fact('cron', '/etc/crontab', 'schedule'), [undefined, '17 * * * *', '@reboot']);
  assert.deepEqual(fact('cron', '/var/spool/cron/crontabs/li', 'user'), ['li']);
  assert.deepEqual(fact('at', '/var/spool/cron/atjobs/a0000101a2b3c4', 'command'), ['/usr/bin/later']);
  assert.deepEqual(fact('at', '/var/spool/cron/atjobs/a0000101a2b3c4', 'user'), ['li']);
  assert.deepEqual(fact('boot-script', '/etc/init.d/old', 'enabled'), [true]);
  assert.deepEqual(fact('ssh-key', '/root/.ssh/authorized_keys', 'command'), ['/bin/date \\"x\\"']);
  assert.deepEqual(fact('ssh-key', '/etc/ssh/keys/li', 'user'), ['li']);
  assert.deepEqual(fact('pam', '/etc/pam.d/sshd', 'command'), ['pam_permit.so', '/usr/bin/told']);
  assert.deepEqual(fact('kernel-module', '/etc/modprobe.d/i.conf', 'blocks'), [false, true]);
  assert.deepEqual(fact('sudoers', '/etc/sudoers', 'nopasswd'), [false, true]);
  assert.deepEqual(fact('sudoers', '/etc/sudoers.d/not.read', 'command'), []);
  assert.deepEqual(fact('container', '/var/lib/docker/containers/c1/hostconfig.json', 'schedule'), [
    'restart: always',
  ]);
  assert.deepEqual(fact('package-hook', '/etc/apt/apt.conf.d/99x', 'command'), [
    '/usr/bin/after',
    '/usr/bin/before',
  ]);
  assert.deepEqual(fact('git-hook', '/var/www/site/.git/hooks/post-merge.sample', 'command'), []);
});

test('fingerprints of keys are those of ssh-keygen', async context => {
  const root = madeRoot(context, { ...whole, 'key.pub': `ssh-ed25519 ${key1} x\n` });
  const found = await collected(persistenceCollector, root);
  let expected = '';
  try {
    expected =
      execFileSync('ssh-keygen', ['-lf', join(root, 'key.pub')])
        .toString()
        .split(' ')[1] ?? '';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return context.skip('no ssh-keygen');
  }
  assert.equal(
    byKind(found, 'ssh-key').find(({ facts }) => facts['path'] === '/etc/ssh/keys/li')?.facts['fingerprint'],
    expected,
  );
});

test('every change is judged, in both languages, with reasons and a technique', async context => {
  const { entries } = await collected(persistenceCollector, madeRoot(context, whole));
  const severities = new Map<string, number>();
  for (const after of entries.values()) {
    const made = persistenceCollector.judge({ kind: 'added', key: after.key, after });
    assert.ok(made, after.key);
    assert.match(made.title.zh, /\p{Script=Han}/u);
    assert.ok(made.reasons.length > 0);
    assert.ok(
      made.tags.some(tag => /^attack\.t\d{4}/.test(tag)),
      after.key,
    );
    severities.set(after.key, made.severity);
    const gone = persistenceCollector.judge({ kind: 'removed', key: after.key, before: after });
    assert.equal(gone?.severity, 2, after.key);
  }
  const severityOf = (start: string, command: string): number | undefined =>
    [...severities].find(
      ([key]) => key.startsWith(start) && entries.get(key)?.facts['command'] === command,
    )?.[1];
  assert.equal(severityOf('loader:/etc/ld.so.preload', '/usr/lib/x.so'), 5);
  assert.equal(severityOf('pam:/etc/pam.d/sshd', 'pam_permit.so'), 5);
  assert.equal(severityOf('sudoers:/etc/sudoers', 'ALL=(ALL) NOPASSWD: ALL'), 5);
  assert.ok(
    (severityOf('cron:/etc/crontab', '/tmp/.x/run') ?? 0) >
      (severityOf('cron:/etc/crontab', '/usr/bin/hourly') ?? 5),
  );
});

test('one line more is one item more', async context => {
  const root = madeRoot(context, whole);
  const before = await collected(persistenceCollector, root);
  writeFileSync(join(root, 'etc/crontab'), `${whole['etc/crontab']}1 2 3 4 5 root /usr/bin/new\n`);
  const after = await collected(persistenceCollector, root);
  const fresh = [...after.entries.values()].filter(({ key }) => !before.entries.has(key));
  assert.deepEqual(
    fresh.map(({ facts }) => facts['command']),
    ['/usr/bin/new'],
  );
  for (const [key, entry] of before.entries)
    assert.deepEqual(after.entries.get(key)?.facts, entry.facts, key);
});

test('links lead nowhere but inside the root; pipes, folders and loops hang nobody', async context => {
  const root = madeRoot(context, {
    'etc/passwd': passwd,
    'etc/crontab': '-> /etc/real-crontab',
    'etc/real-crontab': '1 1 1 1 1 root /inside\n',
    'etc/anacrontab': '-> ../../../../../../etc/hostname',
    'etc/profile': '-> /etc/profile',
    'etc/systemd/system': '-> ../systemd-inside',
    'etc/systemd-inside/x.service': '[Service]\nExecStart=/x\n',
    'home/li/.profile': 'true',
  });
  execFileSync('mkfifo', [join(root, 'etc/ld.so.preload'), join(root, 'etc/inittab')]);
  mkdirSync(join(root, 'etc/sudoers'));
  // A link to a place that exists outside of the root only.
  symlinkSync('/usr/lib/systemd/system', join(root, 'etc/cron.d'));
  const { entries } = await collected(persistenceCollector, root);
  const commands = [...entries.values()].map(({ facts }) => facts['command']).filter(Boolean);
  assert.deepEqual(commands.toSorted(), ['/inside', '/x']);
});

test('names that are no UTF-8, or hold a newline, are items as any other', async context => {
  const root = madeRoot(context, { 'etc/passwd': passwd });
  mkdirSync(join(root, 'etc/profile.d'));
  writeFileSync(
    Buffer.concat([
      Buffer.from(`${root}/etc/profile.d/`),
      Buffer.from([0xff, 0x5c, 0x0a]),
      Buffer.from('张.sh'),
    ]),
    'true\n',
  );
  const { entries } = await collected(persistenceCollector, root);
  const [entry] = [...entries.values()].filter(({ facts }) => facts['kind'] === 'shell');
  assert.equal(entry?.facts['path'], '/etc/profile.d/\\xff\\\\\n张.sh');
  assert.match(String(entry?.facts['sha256']), /^[0-9a-f]{64}$/);
});

test('this host: every item stands in a file that is there', async () => {
  const { entries } = await collected(persistenceCollector, '/');
  assert.ok(entries.size > 0);
  for (const { key, facts } of entries.values())
    assert.ok(facts['mode'] !== undefined && facts['owner'] !== undefined, key);
});

test('an owner is known in an image only from a package database that stands inside it', async context => {
  const root = madeRoot(context, { 'etc/passwd': passwd, 'etc/profile': 'x', 'var/lib/x': '' });
  rmSync(join(root, 'var/lib/x'));
  symlinkSync('/var/lib/dpkg', join(root, 'var/lib/dpkg'));
  const { entries } = await collected(persistenceCollector, root);
  for (const { facts } of entries.values()) assert.equal(facts['package'], null);
});
