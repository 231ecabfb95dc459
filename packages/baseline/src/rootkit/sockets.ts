/** Sockets seen by /proc/net, by netlink, and by trying to bind. */
import { connect } from 'node:net';
import { diagnosedSockets, probePorts } from '@redoubt/kernel';
import type { Bilingual } from '@redoubt/model';
import {
  type InternetSocket,
  isListening,
  listedSockets,
  type SocketProtocol,
  socketProtocols,
} from '../inventory/states/sockets.ts';
import {
  failureText,
  kernelClauses,
  looked,
  type PartReport,
  type RootkitFinding,
  type RootkitView,
  skipped,
} from './report.ts';
import { type Settling, settled } from './settle.ts';

/** A socket as far as it is compared. */
type SeenSocket = Pick<InternetSocket, 'protocol' | 'port' | 'state'>;

/** Where the views look; another one than the real in tests. */
export interface SocketSources {
  readonly listed: () => readonly SeenSocket[];
  /** @throws where the kernel has no such dump */
  readonly diagnosed: (protocol: SocketProtocol) => readonly Pick<InternetSocket, 'port' | 'state'>[];
  /** TCP ports from ≤ port < to that cannot be bound. */
  readonly bound: (from: number, to: number) => AsyncIterable<number>;
  /** Whether somebody accepts a connection to a port of this host. */
  readonly accepts: (port: number) => Promise<boolean>;
}

const patience = 1_000;

/** Whether a connection over the loopback is accepted; it is closed at once. */
function accepts(port: number): Promise<boolean> {
  const attempt = (host: string) =>
    new Promise<boolean>(resolve => {
      const socket = connect({ host, port, timeout: patience });
      const end = (isOpen: boolean): void => {
        socket.destroy();
        resolve(isOpen);
      };
      socket
        .once('connect', () => end(true))
        .once('error', () => end(false))
        .once('timeout', () => end(false));
    });
  return Promise.all([attempt('127.0.0.1'), attempt('::1')]).then(answers => answers.includes(true));
}

/** The sources of the running system. */
export const realSocketSources: SocketSources = {
  listed: () => listedSockets(),
  diagnosed: diagnosedSockets,
  bound: probePorts,
  accepts,
};

const titles = {
  proc: { en: 'sockets in /proc/net', zh: '/proc/net 中的套接字' },
  netlink: { en: 'sockets by netlink', zh: 'netlink 报告的套接字' },
  bind: { en: 'TCP ports that cannot be bound', zh: '无法绑定的 TCP 端口' },
} as const satisfies Record<string, Bilingual>;

const socketCount = (count: number): Bilingual => ({ en: `${count} sockets`, zh: `${count} 个套接字` });
const family = (protocol: SocketProtocol): 'tcp' | 'udp' => (protocol.startsWith('tcp') ? 'tcp' : 'udp');
const listenerKey = ({ protocol, port }: SeenSocket): string => `${protocol}:${port}`;

function listeners(sockets: readonly SeenSocket[]): Set<string> {
  return new Set(sockets.filter(one => isListening(one as InternetSocket)).map(listenerKey));
}

function hiddenPort(
  key: string,
  view: 'netlink' | 'bind',
  text: Bilingual,
  severity: number,
): RootkitFinding {
  return {
    key: `hidden-port:${key}`,
    severity,
    title: { en: `Hidden port ${key}`, zh: `隐藏端口 ${key}` },
    reasons: [{ text, field: view, value: key }],
    tags: ['attack.defense-evasion', 'attack.t1014', 'attack.t1205'],
    mlps: kernelClauses,
    advice: {
      en: 'Compare with what another host sees (a port scan from outside), and take the memory of the machine as evidence before it is restarted.',
      zh: '与其他主机看到的结果比较（从外部扫描端口），并在重启前采集内存证据。',
    },
  };
}

/** Listeners that netlink tells of; undefined when it cannot. */
function diagnosed(sources: SocketSources): readonly SeenSocket[] {
  return socketProtocols.flatMap(protocol => {
    try {
      return sources.diagnosed(protocol).map(({ port, state }) => ({ protocol, port, state }));
    } catch (error) {
      // IPv6 may be off; without IPv4 there is no view.
      if (protocol === 'tcp') throw error;
      return [];
    }
  });
}

/** Compares the views. What listens for a moment only is asked about again until it is certain. */
export async function checkSockets(sources = realSocketSources, settling?: Settling): Promise<PartReport> {
  const views: RootkitView[] = [];
  const findings: RootkitFinding[] = [];
  let byNetlink: readonly SeenSocket[] = [];
  try {
    byNetlink = diagnosed(sources);
    views.push(looked('sockets/netlink', titles.netlink, byNetlink.length, socketCount(byNetlink.length)));
  } catch (error) {
    views.push(skipped('sockets/netlink', titles.netlink, failureText(error)));
  }
  const bound: number[] = [];
  try {
    for await (const port of sources.bound(1, 65_536)) bound.push(port);
    views.push(
      looked('sockets/bind', titles.bind, bound.length, {
        en: `${bound.length} ports in use (UDP is not tried)`,
        zh: `${bound.length} 个端口已占用（未尝试 UDP）`,
      }),
    );
  } catch (error) {
    views.push(skipped('sockets/bind', titles.bind, failureText(error)));
  }
  const listed = sources.listed();
  views.unshift(looked('sockets/proc', titles.proc, listed.length, socketCount(listed.length)));

  const inProc = listeners(listed);
  const unlisted = await settled(
    [...listeners(byNetlink)].filter(key => !inProc.has(key)),
    key =>
      listeners(diagnosed(sources)).has(key) &&
      !listeners(sources.listed()).has(key) &&
      listeners(diagnosed(sources)).has(key),
    settling,
  );
  for (const key of unlisted)
    findings.push(
      hiddenPort(
        key,
        'netlink',
        {
          en: `netlink says that ${key} listens, /proc/net does not show it`,
          zh: `netlink 显示 ${key} 正在监听，而 /proc/net 未显示`,
        },
        5,
      ),
    );

  const portsOf = (sockets: readonly SeenSocket[]) =>
    new Set(sockets.filter(({ protocol }) => family(protocol) === 'tcp').map(({ port }) => port));
  const isSeen = (port: number): boolean =>
    portsOf(sources.listed()).has(port) || (byNetlink.length > 0 && portsOf(diagnosed(sources)).has(port));
  const explained = portsOf([...listed, ...byNetlink]);
  const unexplained = await settled(
    bound.filter(port => !explained.has(port)),
    async port => {
      for await (const one of sources.bound(port, port + 1)) if (one === port) return !isSeen(port);
      return false;
    },
    settling,
  );
  for (const port of unexplained) {
    // A socket that is bound and does not listen is in no list of older kernels: it harms nobody.
    const isOpen = await sources.accepts(port);
    const text = isOpen
      ? {
          en: `port ${port} accepts connections, and neither /proc/net nor netlink shows who listens`,
          zh: `端口 ${port} 接受连接，但 /proc/net 与 netlink 均未显示监听者`,
        }
      : {
          en: `port ${port} cannot be bound, and neither /proc/net nor netlink shows a socket; it accepts no connection over the loopback`,
          zh: `端口 ${port} 无法绑定，/proc/net 与 netlink 均未显示对应套接字；本地回环连接未被接受`,
        };
    findings.push(hiddenPort(`tcp:${port}`, 'bind', text, isOpen ? 5 : 2));
  }
  return { views, findings };
}
