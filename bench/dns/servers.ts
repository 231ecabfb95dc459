/** The resolvers that are measured, each on a loopback port, in front of the same small upstream, with the same list. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { FirewallProcess, parseDnsSettings } from '@redoubt/act/dns';
import { onCleanup } from '../lib/cleanup.ts';

export const upstreamPort = 5390;

/** One resolver that runs. */
export interface RunningServer {
  readonly name: string;
  readonly port: number;
  /** Seconds from the start to the first answer. */
  readonly started: number;
  /** Resident memory, MB. */
  memory(): number;
  stop(): Promise<void>;
}

/** Writes the names of the list in each form. @returns the paths */
export function writeLists(
  folder: string,
  count: number,
): { names: string; dnsmasq: string; unbound: string } {
  const paths = {
    names: join(folder, 'names'),
    dnsmasq: join(folder, 'dnsmasq.list'),
    unbound: join(folder, 'unbound.rpz'),
  };
  const files = {
    names: openSync(paths.names, 'w'),
    dnsmasq: openSync(paths.dnsmasq, 'w'),
    unbound: openSync(paths.unbound, 'w'),
  };
  writeSync(
    files.unbound,
    '$TTL 60\n@ SOA localhost. root.localhost. 1 3600 600 86400 60\n@ NS localhost.\n',
  );
  const step = 10_000;
  for (let at = 0; at < count; at += step) {
    const names = Array.from({ length: Math.min(step, count - at) }, (_, index) => blockedName(at + index));
    writeSync(files.names, `${names.join('\n')}\n`);
    writeSync(files.dnsmasq, `${names.map(name => `address=/${name}/`).join('\n')}\n`);
    writeSync(files.unbound, `${names.map(name => `${name} CNAME .\n*.${name} CNAME .`).join('\n')}\n`);
  }
  for (const file of Object.values(files)) closeSync(file);
  return paths;
}

/** The name at a place of the list. */
export function blockedName(at: number): string {
  return `host${(at * 2_654_435_761) % 4_294_967_296}.blocked${at % 997}.example`;
}

/** What dnsmasq does as an upstream: answers everything below `ok.test` with one address. */
export async function startUpstream(folder: string): Promise<() => Promise<void>> {
  const config = join(folder, 'upstream.conf');
  writeFileSync(
    config,
    `port=${upstreamPort}\nlisten-address=127.0.0.1\nbind-interfaces\nno-resolv\nno-hosts\naddress=/ok.test/192.0.2.1\nlocal-ttl=3600\nuser=root\npid-file=\n`,
  );
  return (await spawned('dnsmasq', ['-k', '-C', config], upstreamPort)).stop;
}

export async function startDnsmasq(folder: string, list: string, port: number): Promise<RunningServer> {
  const config = join(folder, 'dnsmasq.conf');
  writeFileSync(
    config,
    `port=${port}\nlisten-address=127.0.0.1\nbind-interfaces\nno-resolv\nno-hosts\ncache-size=10000\nserver=127.0.0.1#${upstreamPort}\nconf-file=${list}\nuser=root\npid-file=\n`,
  );
  return { name: 'dnsmasq', ...(await spawned('dnsmasq', ['-k', '-C', config], port)) };
}

export async function startUnbound(folder: string, list: string, port: number): Promise<RunningServer> {
  const config = join(folder, 'unbound.conf');
  writeFileSync(
    config,
    `server:
 interface: 127.0.0.1
 port: ${port}
 do-daemonize: no
 username: ""
 chroot: ""
 directory: "${folder}"
 pidfile: ""
 use-syslog: no
 logfile: "${folder}/unbound.log"
 num-threads: 1
 do-not-query-localhost: no
 module-config: "respip iterator"
 local-zone: "test." nodefault
rpz:
 name: block.rpz
 zonefile: "${list}"
forward-zone:
 name: "."
 forward-addr: 127.0.0.1@${upstreamPort}
remote-control:
 control-enable: no
`,
  );
  return { name: 'unbound', ...(await spawned('unbound', ['-d', '-c', config], port)) };
}

export async function startOurs(list: string, port: number): Promise<RunningServer> {
  const settings = parseDnsSettings({
    address: '127.0.0.1',
    port,
    upstreams: [`127.0.0.1:${upstreamPort}`],
    rate: 0,
  });
  const begun = performance.now();
  const { firewall } = await FirewallProcess.start(
    { lists: [{ name: 'list', path: list, format: 'suffixes' }], allow: [], serve: { ...settings } },
    () => undefined,
  );
  const stop = onCleanup(() => firewall.stop());
  const started = (performance.now() - begun) / 1000;
  return { name: 'redoubt', port, started, memory: () => residentOf(firewall.pid), stop };
}

function residentOf(pid: number | undefined): number {
  const [, kilobytes = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

async function spawned(
  program: string,
  parameters: readonly string[],
  port: number,
): Promise<Omit<RunningServer, 'name'>> {
  const begun = performance.now();
  const child: ChildProcess = spawn(program, parameters, { stdio: 'ignore' });
  const stop = onCleanup(async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  await answers(program, child, port);
  return { port, started: (performance.now() - begun) / 1000, memory: () => residentOf(child.pid), stop };
}

/** Asks until there is an answer. @throws Error when the program ends before */
async function answers(program: string, child: ChildProcess, port: number): Promise<void> {
  const query = Buffer.from([
    0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 0x6f, 0x6b, 4, 0x74, 0x65, 0x73, 0x74, 0, 0, 1, 0, 1,
  ]);
  const socket = createSocket('udp4');
  socket.on('error', () => undefined);
  let isAnswered = false;
  socket.on('message', () => {
    isAnswered = true;
  });
  try {
    while (!isAnswered) {
      if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`);
      socket.send(query, port, '127.0.0.1');
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  } finally {
    socket.close();
  }
}
