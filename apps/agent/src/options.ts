/** Where an agent keeps its things and listens, with defaults by who runs it. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Everything that a start of the agent can be told. */
export interface AgentOptions {
  /** Address of the page and API; loopback only. */
  host: string;
  /** Port of the page and API; 0 takes any free one. */
  port: number;
  /** Path of the unix socket that the command line uses. */
  socket: string;
  /** Folder of the flight recorder. */
  stateDirectory: string;
  /** Folders of rules. */
  rules: readonly string[];
  /** `kernel` insists on the kernel sensor, `reduced` does without it, `auto` takes what works. */
  mode: 'auto' | 'kernel' | 'reduced';
  /** Whether logs are followed. */
  logs: boolean;
  /** Days after which events go. */
  retentionDays: number;
  /** Size in bytes at which the oldest events go. */
  retentionBytes: number;
  /** Milliseconds that a program waits for a verdict at most; the gate's own default when absent. */
  gateTimeout?: number;
}

const repository = join(import.meta.dirname, '../../..');

/** Version of this checkout. */
export const version: string = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')).version;

/** Every program that Redoubt is started with or starts of its own. */
export const ownPrograms: readonly string[] = [
  process.execPath,
  join(repository, 'redoubt'),
  join(repository, 'packages/kernel/build/redoubt-gate-watch'),
  join(repository, 'packages/detect/build/redoubt-confine'),
  join(repository, 'packages/detect/build/redoubt-sandbox'),
];

/** Folder of the content that Redoubt ships: rules, hunts and what else is data. */
export const shippedContent = join(repository, 'content');

/** Folder of the rules that Redoubt ships. */
export const shippedRules = join(shippedContent, 'rules');

/** Folder of the built web page. */
export const consoleFolder = join(repository, 'apps/console/dist');

/** File of the state directory that names the socket of the agent that keeps it. */
export const socketNote = 'agent.socket';

/** The runtime folder of this user: `/run/redoubt` for root, else below `XDG_RUNTIME_DIR` or `/tmp`. */
function runtimeDirectory(environment: NodeJS.ProcessEnv): string {
  const uid = process.getuid?.() ?? 0;
  if (uid === 0) return '/run/redoubt';
  const runtime = environment['XDG_RUNTIME_DIR'];
  return runtime ? join(runtime, 'redoubt') : `/tmp/redoubt-${uid}`;
}

/** The socket at which this user's agent is found when nothing else is said. */
export function defaultSocket(environment: NodeJS.ProcessEnv = process.env): string {
  return environment['REDOUBT_SOCKET'] ?? join(runtimeDirectory(environment), 'agent.sock');
}

/** The folder of the flight recorder when nothing else is said. */
export function defaultStateDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const fromEnvironment = environment['REDOUBT_STATE'];
  if (fromEnvironment) return fromEnvironment;
  if (process.getuid?.() === 0) return '/var/lib/redoubt';
  return join(environment['XDG_STATE_HOME'] ?? join(homedir(), '.local/state'), 'redoubt');
}

/** The options of a start that says nothing. */
export function defaultOptions(environment: NodeJS.ProcessEnv = process.env): AgentOptions {
  return {
    host: '127.0.0.1',
    port: 7400,
    socket: defaultSocket(environment),
    stateDirectory: defaultStateDirectory(environment),
    rules: [shippedRules],
    mode: 'auto',
    logs: true,
    retentionDays: 7,
    retentionBytes: 2 * 1024 ** 3,
  };
}
