/** A web server under load: nginx from Debian, its own configuration and folder, asked by wrk over loopback. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onCleanup } from '../lib/cleanup.ts';
import { ended, run } from '../lib/command.ts';
import { freePort, untilListening } from '../lib/network.ts';
import type { Size, Workload } from './workload.ts';

function configuration(folder: string, port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map(name => `${name}_temp_path ${folder}/${name};`)
    .join('\n  ');
  return `daemon off;
user www-data;
worker_processes auto;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 1024; }
http {
  ${temporary}
  access_log ${folder}/access.log;
  sendfile on;
  keepalive_requests 1000000;
  server { listen 127.0.0.1:${port}; root ${folder}/root; }
}
`;
}

/** A web server that runs. */
export interface WebServer {
  port: number;
  stop(): Promise<void>;
}

/** Makes a web root with one page of 1 KiB, and a configuration for it on a free port. */
export async function prepareNginx(folder: string): Promise<number> {
  await mkdir(join(folder, 'root'));
  writeFileSync(join(folder, 'root/index.html'), 'redoubt\n'.repeat(128));
  const port = await freePort();
  writeFileSync(join(folder, 'nginx.conf'), configuration(folder, port));
  return port;
}

/** Starts the web server of a folder that `prepareNginx` made, and waits until it answers. */
export async function startNginx(folder: string, port: number): Promise<WebServer> {
  const args = ['-p', folder, '-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')];
  const server = spawn('/usr/sbin/nginx', args, { stdio: 'inherit', detached: true });
  const stop = onCleanup(async () => {
    server.kill('SIGTERM');
    await ended(server);
  });
  await untilListening(port);
  return { port, stop };
}

/**
 * Loads a web server with 32 connections for `seconds`.
 * @param closing whether every request gets a connection of its own
 * @returns how many requests were answered
 */
export async function loadWebServer(port: number, seconds: number, closing: boolean): Promise<number> {
  const header = closing ? ['-H', 'Connection: close'] : [];
  const text = await run('wrk', ['-t1', '-c32', `-d${seconds}s`, ...header, `http://127.0.0.1:${port}/`]);
  const [, requests] = /(\d+) requests in/.exec(text) ?? [];
  if (requests === undefined || /Non-2xx/.test(text)) throw new Error(`wrk met errors:\n${text}`);
  return Number(requests);
}

function workload(name: string, operation: Workload['operation'], closing: boolean): Workload {
  return {
    name,
    operation,
    packages: ['nginx', 'wrk'],
    bar: 1.03,
    async prepare(folder: string, size: Size) {
      const port = await prepareNginx(folder);
      return {
        async run() {
          const server = await startNginx(folder, port);
          await loadWebServer(port, 1, closing);
          const begun = performance.now();
          const operations = await loadWebServer(port, size.seconds, closing);
          const seconds = (performance.now() - begun) / 1000;
          await server.stop();
          return { seconds, operations };
        },
      };
    },
  };
}

/** Requests over 32 connections that stay open. */
export const nginxKeepAlive = workload('nginx, connections kept', { en: 'request', zh: '次请求' }, false);

/** Requests that each open a connection of their own. */
export const nginxConnections = workload(
  'nginx, a connection a request',
  { en: 'request', zh: '次请求' },
  true,
);
