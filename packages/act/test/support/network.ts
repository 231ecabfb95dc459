/** Hosts in network namespaces of the test's own, joined by one bridge; gone with the test, also when it fails. */
import { execFileSync, spawn } from 'node:child_process';
import type { TestContext } from 'node:test';

/** One host of the test network. */
export interface TestHost {
  /** Name of its network namespace. */
  readonly namespace: string;
  /** Its addresses in 192.0.2.0/24 and 2001:db8::/64 (RFC 5737, RFC 3849). */
  readonly ipv4: string;
  readonly ipv6: string;
  /** Runs a program on it. @throws when it fails */
  run(...words: readonly string[]): string;
  /** Whether it can open a TCP connection. */
  reaches(address: string, port: number): boolean;
  /** Serves TCP on all its addresses until the test ends; every connection gets `hello`, and what it says back. */
  serve(port: number): Promise<void>;
}

const unused = { stdio: 'ignore' } as const;
let made = 0;

function ip(...words: readonly string[]): string {
  return execFileSync('ip', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Makes `count` hosts that reach each other and nothing else. */
export function testNetwork(context: TestContext, count: number): TestHost[] {
  const stem = `rdt${process.pid}x${made++}`;
  const bridge = `${stem}b`;
  const names = Array.from({ length: count }, (_, at) => `${stem}h${at + 1}`);
  context.after(() => {
    for (const name of [bridge, ...names]) {
      try {
        execFileSync('ip', ['netns', 'del', name], unused);
      } catch {
        // It was never made.
      }
    }
  });
  // The bridge has a namespace of its own, so that nothing of the machine's network is touched.
  ip('netns', 'add', bridge);
  ip('-n', bridge, 'link', 'add', 'br0', 'type', 'bridge');
  ip('-n', bridge, 'link', 'set', 'br0', 'up');
  return names.map((name, at) => {
    ip('netns', 'add', name);
    ip('-n', name, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', `p${at}`, 'netns', bridge);
    ip('-n', bridge, 'link', 'set', `p${at}`, 'master', 'br0', 'up');
    const ipv4 = `192.0.2.${at + 1}`;
    const ipv6 = `2001:db8::${at + 1}`;
    ip('-n', name, 'addr', 'add', `${ipv4}/24`, 'dev', 'eth0');
    ip('-n', name, 'addr', 'add', `${ipv6}/64`, 'dev', 'eth0', 'nodad');
    ip('-n', name, 'link', 'set', 'lo', 'up');
    ip('-n', name, 'link', 'set', 'eth0', 'up');
    return hostOf(context, name, ipv4, ipv6);
  });
}

function hostOf(context: TestContext, namespace: string, ipv4: string, ipv6: string): TestHost {
  const inside = (words: readonly string[]): string[] => ['netns', 'exec', namespace, ...words];
  return {
    namespace,
    ipv4,
    ipv6,
    run: (...words) => ip(...inside(words)),
    reaches(address, port) {
      // The shell's own client starts a hundred times faster than Node.
      const client = ['timeout', '1.5', 'bash', '-c', `exec 3<>/dev/tcp/${address}/${port}`];
      try {
        execFileSync('ip', inside(client), unused);
        return true;
      } catch {
        return false;
      }
    },
    async serve(port) {
      const script = `require('node:net').createServer(s => { s.on('error', () => {}); s.write('hello\\n'); s.pipe(s); })
        .listen({ port: ${port}, host: '::' }, () => console.log('ready'));`;
      const server = spawn('ip', inside([process.execPath, '-e', script]), {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      context.after(() => server.kill('SIGKILL'));
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      server.stdout.once('data', () => resolve());
      server.once('exit', code => reject(new Error(`the server ended with status ${code}`)));
      await promise;
    },
  };
}
