/** What administrators do: accounts, keys, archives, logs, diagnosis. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onCleanup } from '../lib/cleanup.ts';
import { run } from '../lib/command.ts';
import type { Step } from './step.ts';

const ACCOUNT = 'redoubt-bench';

/** An account that comes, gets a password and a group, is used, and goes. */
export const accountWork: Step = {
  name: 'useradd, chpasswd, usermod, su, userdel',
  packages: ['passwd'],
  async work() {
    await run('useradd', ['-m', '-s', '/bin/bash', ACCOUNT]);
    const remove = onCleanup(() => run('userdel', ['-r', '-f', ACCOUNT]).then(() => {}));
    // A hash, so that no password stands on a command line; `*` at its end makes it match nothing.
    await run('usermod', ['-p', '$6$bench$*', ACCOUNT]);
    await run('sh', ['-c', `printf '%s:%s\\n' ${ACCOUNT} "$(openssl rand -base64 24)" | chpasswd`]);
    await run('usermod', ['-aG', 'users', ACCOUNT]);
    await run('chage', ['-l', ACCOUNT]);
    await run('su', ['-', ACCOUNT, '-c', 'id && touch file && ls -la']);
    await run('passwd', ['-l', ACCOUNT]);
    await remove();
  },
};

/** Keys and certificates. */
export const keyWork: Step = {
  name: 'ssh-keygen, openssl',
  packages: ['openssh-client', 'openssl'],
  async work(folder) {
    const key = join(folder, 'key');
    for (const file of [key, `${key}.pub`]) rmSync(file, { force: true });
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    await run('ssh-keygen', ['-l', '-f', `${key}.pub`]);
    const args = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-days', '1'];
    await run('openssl', ['req', ...args, '-keyout', `${folder}/tls.key`, '-out', `${folder}/tls.crt`]);
  },
};

/** Archives made, tested and opened. */
export const archiveWork: Step = {
  name: 'tar, gzip, xz, find',
  packages: ['tar', 'gzip', 'xz-utils', 'findutils'],
  async work(folder) {
    const out = join(folder, 'out');
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out);
    await run('tar', ['-C', '/usr/share/doc', '-czf', join(folder, 'doc.tar.gz'), 'base-files']);
    await run('gzip', ['-t', join(folder, 'doc.tar.gz')]);
    await run('tar', ['-C', out, '-xzf', join(folder, 'doc.tar.gz')]);
    await run('tar', ['-C', out, '-cJf', join(folder, 'doc.tar.xz'), '.']);
    await run('find', ['/usr/share/doc', '-maxdepth', '2', '-name', 'copyright', '-newer', '/etc/passwd']);
  },
};

/** Logs rotated by logrotate, with a configuration and a state of the step's own. */
export const logrotateWork: Step = {
  name: 'logrotate',
  packages: ['logrotate'],
  async work(folder) {
    writeFileSync(join(folder, 'service.log'), 'a line of a log\n'.repeat(10_000));
    const configuration = join(folder, 'logrotate.conf');
    const body = `${folder}/service.log {\n  rotate 3\n  compress\n  create 0640 root adm\n  su root root\n}\n`;
    writeFileSync(configuration, body, { mode: 0o644 });
    await run('/usr/sbin/logrotate', ['-f', '-s', join(folder, 'status'), configuration]);
  },
};

/** An alternative in folders of the step's own. */
export const alternativesWork: Step = {
  name: 'update-alternatives, man',
  packages: ['dpkg', 'man-db'],
  async work(folder) {
    const admin = ['--altdir', join(folder, 'alternatives'), '--admindir', join(folder, 'admin')];
    const quiet = ['--log', join(folder, 'alternatives.log'), '--quiet'];
    for (const name of ['alternatives', 'admin']) mkdirSync(join(folder, name), { recursive: true });
    const link = join(folder, 'tool');
    await run('update-alternatives', [...admin, ...quiet, '--install', link, 'tool', '/usr/bin/true', '10']);
    await run('update-alternatives', [...admin, ...quiet, '--install', link, 'tool', '/usr/bin/false', '20']);
    await run('update-alternatives', [...admin, ...quiet, '--set', 'tool', '/usr/bin/true']);
    await run('update-alternatives', [...admin, ...quiet, '--remove-all', 'tool']);
    await run('man', ['-w', 'man']).catch(() => ''); // a host may have left manual pages out
    await run('apropos', ['-r', '^ls$']).catch(() => '');
  },
};

/** A look around, as at the start of every diagnosis. */
export const diagnosisWork: Step = {
  name: 'ps, top, ss, ip, df, mount, dmesg',
  packages: ['procps', 'iproute2', 'util-linux'],
  async work() {
    for (const [program, ...args] of [
      ['ps', 'aux'],
      ['top', '-b', '-n', '1'],
      ['ss', '-tulpn'],
      ['ip', 'address'],
      ['df', '-h'],
      ['mount'],
      ['dmesg'],
      ['last'],
      ['getent', 'passwd'],
      ['sysctl', '-a'],
    ] as const) {
      await run(program, args);
    }
  },
};
