/** A web server with a database, a container and an administrator, as process nodes. */
import type { ProcessNode } from '@redoubt/agent/contract';

/** When the recorded story happens: minutes before now, so that the page's "ago" reads naturally. */
export const minutesAgo = (minutes: number): number => Date.now() - Math.round(minutes * 60_000);

const users: Record<string, string> = {
  root: '0',
  'www-data': '33',
  postgres: '109',
  deploy: '1000',
  nobody: '65534',
};
const digest = (seed: number): string =>
  Array.from({ length: 8 }, (_, index) =>
    ((seed * 2654435761 * (index + 3)) >>> 0).toString(16).padStart(8, '0'),
  ).join('');

export const container = {
  uid: '4f1c2a9be0d73c58a6e2b1f04d9c7785e13ab06c92d4f5e8a7713bd0c6e9f201',
  name: 'shop-api',
  runtime: 'docker',
  image: { name: 'registry.example.internal/shop/api:2.14.1' },
} as const;

interface Sketch {
  pid: number;
  parent: number | undefined;
  name: string;
  exe?: string;
  command?: string;
  user?: string;
  packageName?: string;
  version?: string;
  minutes?: number;
  rest?: Partial<ProcessNode>;
}

const boot = 60 * 24 * 12.4;
const uidOf = (pid: number): string => `${pid}:${pid * 97 + 120}`;

function node({
  pid,
  parent,
  name,
  exe,
  command,
  user = 'root',
  packageName,
  version,
  minutes = boot,
  rest,
}: Sketch): ProcessNode {
  return {
    uid: uidOf(pid),
    ...(parent === undefined ? {} : { parent_uid: uidOf(parent) }),
    pid,
    name,
    ...(exe === undefined ? {} : { exe, sha256: digest(pid) }),
    ...(command === undefined ? {} : { cmd_line: command }),
    user: { uid: users[user] ?? '1000', name: user },
    ...(packageName === undefined
      ? {}
      : { package: { name: packageName, version: version ?? '1.0', type: 'dpkg' } }),
    start: minutesAgo(minutes),
    flags: [],
    ...rest,
  };
}

const systemd = { exe: '/usr/lib/systemd/systemd', packageName: 'systemd', version: '252.38-1~deb12u1' };
const nginx = { name: 'nginx', exe: '/usr/sbin/nginx', packageName: 'nginx', version: '1.22.1-9+deb12u3' };
const postgres = {
  name: 'postgres',
  exe: '/usr/lib/postgresql/15/bin/postgres',
  user: 'postgres',
  packageName: 'postgresql-15',
  version: '15.14-0+deb12u1',
};
const ssh = {
  name: 'sshd',
  exe: '/usr/sbin/sshd',
  packageName: 'openssh-server',
  version: '1:9.2p1-2+deb12u7',
};
const php = {
  name: 'php-fpm8.2',
  exe: '/usr/sbin/php-fpm8.2',
  packageName: 'php8.2-fpm',
  version: '8.2.29-1~deb12u1',
};
const bash = { name: 'bash', exe: '/usr/bin/bash', packageName: 'bash', version: '5.2.15-2+b9' };

const longCommand =
  '/usr/bin/java -Xms512m -Xmx2048m -XX:+UseG1GC -Dspring.profiles.active=production -Dserver.port=8080 -Dlogging.config=/opt/shop/config/logback-production.xml -Djava.security.egd=file:/dev/./urandom -Dspring.datasource.url=jdbc:postgresql://10.20.0.14:5432/shop?ssl=true&sslmode=verify-full -cp /opt/shop/lib/shop-api-2.14.1.jar:/opt/shop/lib/spring-boot-3.4.9.jar:/opt/shop/lib/jackson-databind-2.18.4.jar:/opt/shop/lib/hikaricp-6.3.2.jar cn.example.shop.api.Application';

/** The processes that run. */
export function runningProcesses(): ProcessNode[] {
  return [
    node({ pid: 1, parent: undefined, name: 'systemd', command: '/sbin/init', ...systemd }),
    node({ pid: 2, parent: undefined, name: 'kthreadd', rest: { flags: ['kernel_thread'] } }),
    ...['rcu_preempt', 'ksoftirqd/0', 'kworker/0:1-events', 'kswapd0', 'jbd2/sda1-8'].map((name, index) =>
      node({ pid: 14 + index * 7, parent: 2, name, rest: { flags: ['kernel_thread'] } }),
    ),
    node({
      pid: 312,
      parent: 1,
      ...systemd,
      name: 'systemd-journal',
      exe: '/usr/lib/systemd/systemd-journald',
      command: '/lib/systemd/systemd-journald',
    }),
    node({
      pid: 655,
      parent: 1,
      name: 'cron',
      exe: '/usr/sbin/cron',
      command: '/usr/sbin/cron -f',
      packageName: 'cron',
      version: '3.0pl1-162',
    }),
    node({
      pid: 702,
      parent: 1,
      ...ssh,
      command: 'sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups',
      rest: { flags: ['listening'] },
    }),
    node({ pid: 22871, parent: 702, ...ssh, command: 'sshd: deploy [priv]', minutes: 96 }),
    node({ pid: 22880, parent: 22871, ...ssh, command: 'sshd: deploy@pts/0', user: 'deploy', minutes: 96 }),
    node({ pid: 22881, parent: 22880, ...bash, command: '-bash', user: 'deploy', minutes: 96 }),
    node({
      pid: 24417,
      parent: 22881,
      name: 'sudo',
      exe: '/usr/bin/sudo',
      command: 'sudo -i',
      packageName: 'sudo',
      version: '1.9.13p3-1+deb12u2',
      minutes: 41,
      rest: { flags: ['setuid'] },
    }),
    node({ pid: 24419, parent: 24417, ...bash, command: '-bash', minutes: 41 }),
    node({
      pid: 24502,
      parent: 24419,
      name: '3',
      exe: '/memfd:update (deleted)',
      command: '/proc/self/fd/3 --daemon',
      minutes: 2.3,
      rest: { flags: ['memfd', 'unpackaged', 'finding'] },
    }),
    node({
      pid: 811,
      parent: 1,
      ...nginx,
      command: 'nginx: master process /usr/sbin/nginx -g daemon on; master_process on;',
      rest: { flags: ['listening'] },
    }),
    ...[812, 813].map(pid =>
      node({ pid, parent: 811, ...nginx, command: 'nginx: worker process', user: 'www-data' }),
    ),
    node({ pid: 840, parent: 1, ...php, command: 'php-fpm: master process (/etc/php/8.2/fpm/php-fpm.conf)' }),
    node({ pid: 861, parent: 840, ...php, command: 'php-fpm: pool www', user: 'www-data' }),
    node({ pid: 862, parent: 840, ...php, command: 'php-fpm: pool www', user: 'www-data' }),
    node({
      pid: 904,
      parent: 1,
      ...postgres,
      command:
        '/usr/lib/postgresql/15/bin/postgres -D /var/lib/postgresql/15/main -c config_file=/etc/postgresql/15/main/postgresql.conf',
      rest: { flags: ['listening'] },
    }),
    ...['checkpointer', 'background writer', 'walwriter', 'autovacuum launcher'].map((role, index) =>
      node({ pid: 921 + index, parent: 904, ...postgres, command: `postgres: 15/main: ${role}` }),
    ),
    node({
      pid: 1022,
      parent: 1,
      name: 'containerd',
      exe: '/usr/bin/containerd',
      command: '/usr/bin/containerd',
      packageName: 'containerd.io',
      version: '1.7.28-1',
    }),
    node({
      pid: 1430,
      parent: 1,
      name: 'containerd-shim',
      exe: '/usr/bin/containerd-shim-runc-v2',
      command: `/usr/bin/containerd-shim-runc-v2 -namespace moby -id ${container.uid} -address /run/containerd/containerd.sock`,
      packageName: 'containerd.io',
      version: '1.7.28-1',
    }),
    node({
      pid: 1452,
      parent: 1430,
      name: 'java',
      exe: '/usr/bin/java',
      command: longCommand,
      user: 'nobody',
      rest: { container, flags: ['listening', 'wx_memory'] },
    }),
    node({
      pid: 1760,
      parent: 1,
      name: 'node',
      exe: '/opt/redoubt/.runtime/node',
      command: 'node apps/agent/src/main.ts',
      minutes: 133,
    }),
  ];
}

/** The story of the web finding: the worker that ran a shell, the shell, and what that ran. */
export function webStory(): { processes: ProcessNode[]; focus: string } {
  const running = runningProcesses();
  const above = [1, 840, 861].flatMap(pid => running.filter(process => process.pid === pid));
  return {
    processes: [
      ...above,
      node({
        pid: 25310,
        parent: 861,
        name: 'sh',
        exe: '/usr/bin/dash',
        command: 'sh -c id; uname -a; cat /var/www/shop/config/database.php | head -n 40',
        user: 'www-data',
        packageName: 'dash',
        version: '0.5.12-2',
        minutes: 6.1,
        rest: { end: minutesAgo(6.098), exit_code: 0, flags: ['finding'] },
      }),
      node({
        pid: 25311,
        parent: 25310,
        name: 'id',
        exe: '/usr/bin/id',
        command: 'id',
        user: 'www-data',
        packageName: 'coreutils',
        version: '9.1-1',
        minutes: 6.1,
        rest: { end: minutesAgo(6.099), exit_code: 0 },
      }),
      node({
        pid: 25312,
        parent: 25310,
        name: 'uname',
        exe: '/usr/bin/uname',
        command: 'uname -a',
        user: 'www-data',
        packageName: 'coreutils',
        version: '9.1-1',
        minutes: 6.1,
        rest: { end: minutesAgo(6.099), exit_code: 0 },
      }),
    ],
    focus: uidOf(25310),
  };
}

/** The story of a running process: its ancestors, itself, and what descends from it. */
export function storyOf(pid: number): { processes: ProcessNode[]; focus: string } {
  const running = runningProcesses();
  const byUid = new Map(running.map(process => [process.uid, process]));
  const processes: ProcessNode[] = [];
  let at = byUid.get(uidOf(pid));
  while (at) {
    processes.unshift(at);
    at = at.parent_uid === undefined ? undefined : byUid.get(at.parent_uid);
  }
  return { processes, focus: uidOf(pid) };
}
