/** Scripts that run when a network comes up or goes down: NetworkManager, ifupdown, networkd-dispatcher, DHCP, PPP. */
import { joined } from '../root-files.ts';
import type { PersistenceItem, PersistenceSource } from './source.ts';
import { Identities, linesOf, oneCommand } from './text.ts';

const flat = [
  ...['pre-up', 'up', 'down', 'post-down'].map(step => `/etc/network/if-${step}.d`),
  ...['/etc/NetworkManager/dispatcher.d', '/usr/lib/NetworkManager/dispatcher.d'].flatMap(folder => [
    folder,
    ...['pre-up.d', 'pre-down.d', 'no-wait.d'].map(step => joined(folder, step)),
  ]),
  ...['/etc/networkd-dispatcher', '/usr/lib/networkd-dispatcher'].flatMap(folder =>
    ['routable.d', 'off.d', 'dormant.d', 'no-carrier.d', 'carrier.d', 'degraded.d', 'configured.d'].map(
      step => joined(folder, step),
    ),
  ),
  '/etc/dhcp/dhclient-enter-hooks.d',
  '/etc/dhcp/dhclient-exit-hooks.d',
  ...['ip-up.d', 'ip-down.d', 'ipv6-up.d', 'ipv6-down.d'].map(step => `/etc/ppp/${step}`),
  '/lib/dhcpcd/dhcpcd-hooks',
];
const single = [
  '/etc/dhcp/dhclient-enter-hooks',
  '/etc/dhcp/dhclient-exit-hooks',
  '/etc/dhclient-script',
  '/etc/dhcpcd.enter-hook',
  '/etc/dhcpcd.exit-hook',
];

/** Commands in interfaces(5). */
export function* interfacesItems(path: string, text: string): Generator<PersistenceItem> {
  const identities = new Identities();
  let device = '';
  for (const { text: line } of linesOf(text, { continues: true })) {
    device = /^iface\s+(\S+)/.exec(line)?.[1] ?? device;
    const [, step, command] = /^(pre-up|up|post-up|down|pre-down|post-down)\s+(.+)$/.exec(line) ?? [];
    if (step === undefined || command === undefined) continue;
    yield {
      path,
      id: identities.of(`${device} ${line}`),
      name: device,
      command: oneCommand(command),
      user: 'root',
      schedule: step,
      enabled: true,
    };
  }
}

export const networkHooks: PersistenceSource = {
  kind: 'network-hook',
  title: { en: 'scripts that run when a network changes', zh: '网络变化时运行的脚本' },
  watched: [
    ...flat.map(folder => `${folder}/`),
    ...single,
    '/etc/network/interfaces',
    '/etc/network/interfaces.d/',
  ],
  tags: ['attack.persistence', 'attack.privilege-escalation', 'attack.t1546'],
  severity: 3,
  *collect(host) {
    for (const folder of flat)
      for (const path of host.filesIn(folder)) {
        const enabled = ((host.files.stat(path)?.mode ?? 0) & 0o111) !== 0;
        yield {
          path,
          command: path,
          user: 'root',
          schedule: folder.slice(folder.lastIndexOf('/') + 1),
          enabled,
        };
      }
    for (const path of single)
      if (host.files.stat(path)?.isFile())
        yield { path, command: path, user: 'root', schedule: 'dhcp', enabled: true };
    for (const path of ['/etc/network/interfaces', ...host.filesIn('/etc/network/interfaces.d')])
      yield* interfacesItems(path, host.files.text(path) ?? '');
  },
};
