/** A database under load: PostgreSQL from Debian, a cluster of its own, asked by pgbench over a unix socket. */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, globSync } from 'node:fs';
import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onCleanup } from '../lib/cleanup.ts';
import { ended, outcome, run, until } from '../lib/command.ts';
import type { Workload } from './workload.ts';

/** Commit without waiting for the disk: the disk's speed would hide what a watcher costs. */
const SETTINGS = `
listen_addresses = ''
synchronous_commit = off
autovacuum = off
`;

/** A PostgreSQL cluster in a folder. */
export interface Cluster {
  start(): Promise<ChildProcess>;
  /** Stops the server, if it runs, and waits for its end. */
  stop(): Promise<void>;
  /** Runs one of PostgreSQL's programs against the cluster, as its owner. */
  client(program: string, args: readonly string[]): Promise<string>;
}

/** Makes a new cluster in `folder`, owned by the system's user `postgres`. */
export async function makeCluster(folder: string, settings = SETTINGS): Promise<Cluster> {
  const programs = globSync('/usr/lib/postgresql/*/bin').sort().at(-1);
  if (programs === undefined) throw new Error('no PostgreSQL below /usr/lib/postgresql');
  const uid = Number(await run('id', ['-u', 'postgres']));
  const gid = Number(await run('id', ['-g', 'postgres']));
  const data = join(folder, 'data');
  await mkdir(data);
  await chown(data, uid, gid);
  const identity = { uid, gid, cwd: data };
  await run(`${programs}/initdb`, ['-D', data, '-A', 'trust', '-N', '-E', 'UTF8'], identity);
  appendFileSync(join(data, 'postgresql.conf'), `${settings}\nunix_socket_directories = '${data}'\n`);
  let stop = async () => {};
  return {
    async start() {
      const server = spawn(`${programs}/postgres`, ['-D', data], {
        ...identity,
        stdio: 'ignore',
        detached: true,
      });
      stop = onCleanup(async () => {
        server.kill('SIGINT'); // PostgreSQL's fast shutdown
        await ended(server);
      });
      await until('PostgreSQL to accept connections', async () => {
        if (server.exitCode !== null) throw new Error(`PostgreSQL ended with ${server.exitCode}`);
        return (await outcome(`${programs}/pg_isready`, ['-q', '-h', data])).status === 0 || undefined;
      });
      return server;
    },
    stop: () => stop(),
    client: (program, args) => run(`${programs}/${program}`, ['-h', data, ...args], identity),
  };
}

/** pgbench's own transactions (TPC-B like), four clients. */
export const pgbench: Workload = {
  name: 'pgbench',
  operation: { en: 'transaction', zh: '个事务' },
  packages: ['postgresql'],
  bar: 1.03,
  async prepare(folder, { seconds }) {
    const cluster = await makeCluster(folder);
    await cluster.start();
    await cluster.client('pgbench', ['-i', '-q', '-s', '10', 'postgres']);
    await cluster.stop();
    const transact = async (duration: number) => {
      const text = await cluster.client('pgbench', ['-c', '4', '-T', String(duration), 'postgres']);
      const [, done] = /transactions actually processed: (\d+)/.exec(text) ?? [];
      const [, rate] = /tps = ([\d.]+) \(without/.exec(text) ?? [];
      if (done === undefined || rate === undefined) throw new Error(`pgbench said:\n${text}`);
      return { operations: Number(done), seconds: Number(done) / Number(rate) };
    };
    return {
      async run() {
        await cluster.start();
        await cluster.client('psql', [
          '-q',
          '-c',
          'truncate pgbench_history',
          '-c',
          'checkpoint',
          'postgres',
        ]);
        await transact(1);
        const work = await transact(seconds);
        await cluster.stop();
        return work;
      },
    };
  },
};
