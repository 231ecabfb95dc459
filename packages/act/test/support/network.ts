/** Hosts in network namespaces of the test's own, joined by one bridge; gone with the test, also when it fails. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { isDropped } from './dropped.ts';

/** One host of the test network. */
export interface TestHost {
  /** Name of its network namespace. */
  readonly namespace: string;
  /** Its addresses in 192.0.2.0/24 and 2001:db8::/64 (RFC 5737, RFC 3849). */
  readonly ipv4: string;
  readonly ipv6: string;
  /** Runs a program on it. @throws when it fails */
  run(...words: readonly string[]): string;
  /** Whether it can open a TCP connection. Told at once where it can; that it cannot is for `cutsOff` to tell. */
  reaches(address: string, port: number): boolean;
  /**
   * Whether the packet filter of this host drops what would open a TCP connection of another one. Waits for the packet,
   * not for a time.
   * @throws when the packet was never sent
   */
  cutsOff(from: TestHost, address: string, port: number): Promise<boolean>;
  /** Opens a TCP connection, to a port that is served, that stays until the test ends. */
  connect(address: string, port: number): Promise<Line>;
  /** Serves TCP on all its addresses until the test ends; every connection gets `hello`, and what it says back. */
  serve(port: number): Promise<void>;
}

/** A connection that stands. */
export interface Line {
  /** Says a word: whether it comes back, or the packet filter of a host drops it. */
  isCutOff(by: TestHost): Promise<boolean>;
}

/** What says when a test is over. */
export interface Ending {
  after(end: () => void): void;
}

const unused = { stdio: 'ignore' } as const;
let made = 0;

function ip(...words: readonly string[]): string {
  return execFileSync('ip', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Makes `count` hosts that reach each other and nothing else. */
export function testNetwork(context: Ending, count: number): TestHost[] {
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

function hostOf(context: Ending, namespace: string, ipv4: string, ipv6: string): TestHost {
  const inside = (words: readonly string[]): string[] => ['netns', 'exec', namespace, ...words];
  return {
    namespace,
    ipv4,
    ipv6,
    run: (...words) => ip(...inside(words)),
    reaches(address, port) {
      // The shell's own client starts a hundred times faster than Node.
      try {
        execFileSync('ip', inside(['timeout', '10', ...client(address, port)]), unused);
        return true;
      } catch {
        return false;
      }
    },
    async cutsOff(from, address, port) {
      const opening = `${to(address, port)} tcp flags & (syn | ack) == syn`;
      const words = ['netns', 'exec', from.namespace, ...client(address, port)];
      let caller: ChildProcess | undefined;
      try {
        return await isDropped(namespace, opening, () => {
          const started = spawn('ip', words, unused);
          caller = started;
          return () => started.exitCode !== null;
        });
      } finally {
        caller?.kill('SIGKILL');
      }
    },
    async connect(address, port) {
      const script = `const s = require('node:net').connect(${port}, '${address}', () => console.log(s.localPort));
        s.pipe(process.stdout); process.stdin.pipe(s); s.on('error', () => {});`;
      const caller = spawn('ip', inside([process.execPath, '-e', script]), {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      context.after(() => caller.kill('SIGKILL'));
      let heard = '';
      caller.stdout.setEncoding('utf8').on('data', (text: string) => {
        heard += text;
      });
      while (!heard.includes('hello')) await once(caller.stdout, 'data');
      const ownPort = Number.parseInt(heard, 10);
      let said = 0;
      return {
        async isCutOff(by) {
          const word = `word${++said}.`;
          const saying = `${to(address, port)} tcp sport ${ownPort}`;
          const dropped = await isDropped(by.namespace, saying, () => {
            caller.stdin.write(word);
            return () => heard.includes(word);
          });
          while (!dropped && !heard.includes(word)) await once(caller.stdout, 'data');
          return dropped;
        },
      };
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

/** A program that opens a connection and ends. */
function client(address: string, port: number): string[] {
  return ['bash', '-c', `exec 3<>/dev/tcp/${address}/${port}`];
}

/** Packets to there, for nft. */
function to(address: string, port: number): string {
  return `${address.includes(':') ? 'ip6' : 'ip'} daddr ${address} tcp dport ${port}`;
}
