/** The systemd unit of the agent (systemd.exec(5), systemd.resource-control(5)). */
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What the unit is made for. */
export interface UnitOptions {
  /** Absolute path of the launcher. */
  readonly launcher: string;
  /** Arguments of `up`. */
  readonly arguments: readonly string[];
}

/**
 * Capabilities that the agent keeps: eBPF and tracing; fanotify; reading any process and file; raw sockets for
 * DNS; netfilter for bans; locking ring buffers in memory.
 */
const capabilities = [
  'CAP_BPF',
  'CAP_PERFMON',
  'CAP_SYS_ADMIN',
  'CAP_SYS_PTRACE',
  'CAP_SYS_RESOURCE',
  'CAP_DAC_READ_SEARCH',
  'CAP_NET_ADMIN',
  'CAP_NET_RAW',
  'CAP_KILL',
];

/**
 * A word of ExecStart as systemd reads it back (systemd.syntax(7)): quoted, with `\`, `"`, `%` and `$`
 * escaped. Throws a RangeError for control characters, which a unit file cannot hold.
 */
export function unitWord(word: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this refuses
  if (/[\u0000-\u001f\u007f]/.test(word))
    throw new RangeError(`"${JSON.stringify(word)}" holds a control character`);
  const escaped = word
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('%', '%%')
    .replaceAll('$', '$$$$');
  return /^[\w/.:@=+,%$-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}

/**
 * The unit as text. The agent must see the whole host: it shares the host's /tmp, /dev, process list and
 * network, and may read everything; it may write only its own state, cannot gain privileges and is bounded
 * in memory, CPU and tasks so that it is never the outage.
 */
export function unitText({ launcher, arguments: words }: UnitOptions): string {
  const documentation = pathToFileURL(join(dirname(launcher), 'docs')).href.replaceAll('%', '%%');
  const command = [launcher, 'up', ...words].map(unitWord).join(' ');
  return `[Unit]
Description=Redoubt agent: watches this server for malware
Documentation=${documentation}
After=local-fs.target network.target
StartLimitIntervalSec=300
StartLimitBurst=5

[Service]
Type=exec
ExecStart=${command}
Restart=on-failure
RestartSec=5
KillMode=mixed
KillSignal=SIGINT
TimeoutStopSec=20
UMask=0077
StateDirectory=redoubt
StateDirectoryMode=0700
RuntimeDirectory=redoubt
RuntimeDirectoryMode=0700

# Bounds: the agent gives way before the server suffers.
MemoryHigh=384M
MemoryMax=512M
CPUQuota=50%
CPUWeight=50
IOWeight=50
TasksMax=128
LimitNOFILE=65536
LimitMEMLOCK=infinity
OOMPolicy=stop

# It reads everything and writes nothing but its own state.
ProtectSystem=strict
ProtectHome=read-only
NoNewPrivileges=yes
CapabilityBoundingSet=${capabilities.join(' ')}
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK AF_PACKET
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelModules=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service bpf perf_event_open fanotify_init fanotify_mark
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`;
}
