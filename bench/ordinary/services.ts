/** What services do: a web server and a database, from their start to their end. */
import { rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../lib/command.ts';
import { loadWebServer, prepareNginx, startNginx } from '../workload/nginx.ts';
import { makeCluster } from '../workload/postgres.ts';
import type { Step } from './step.ts';

async function anew(folder: string): Promise<string> {
  const path = join(folder, 'service');
  rmSync(path, { recursive: true, force: true });
  await mkdir(path);
  return path;
}

/** nginx: configuration test, start, requests, reload, stop. */
export const nginxWork: Step = {
  name: 'nginx start, reload, stop',
  packages: ['nginx', 'wrk', 'curl'],
  async work(folder) {
    const place = await anew(folder);
    const port = await prepareNginx(place);
    const common = ['-p', place, '-e', join(place, 'error.log'), '-c', join(place, 'nginx.conf')];
    await run('/usr/sbin/nginx', ['-t', ...common]);
    const server = await startNginx(place, port);
    await run('curl', ['-sf', `http://127.0.0.1:${port}/`]);
    await loadWebServer(port, 2, true);
    await run('/usr/sbin/nginx', ['-s', 'reload', ...common]);
    await loadWebServer(port, 2, false);
    await server.stop();
  },
};

/** PostgreSQL: initdb, start, load, vacuum, dump, stop. */
export const postgresWork: Step = {
  name: 'PostgreSQL initdb, pgbench, vacuum, dump',
  packages: ['postgresql'],
  async work(folder) {
    const cluster = await makeCluster(await anew(folder), "listen_addresses = ''");
    await cluster.start();
    await cluster.client('pgbench', ['-i', '-q', '-s', '2', 'postgres']);
    await cluster.client('pgbench', ['-c', '2', '-T', '3', 'postgres']);
    await cluster.client('vacuumdb', ['-q', '--analyze', 'postgres']);
    await cluster.client('pg_dump', ['-f', 'dump.sql', 'postgres']);
    await cluster.stop();
  },
};
