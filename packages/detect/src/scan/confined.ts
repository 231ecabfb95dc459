/**
 * Processes that read hostile content. Started by root, such a process may read every file and nothing else: it is
 * nobody, holds CAP_DAC_READ_SEARCH alone (capabilities(7)), can gain no privileges, has no network, makes no system
 * calls that reach the kernel's own workings (seccomp(2)), and dies with whoever started it. Started by anybody else, it
 * is a process of theirs.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { statSync, symlinkSync } from 'node:fs';
import { getCompileCacheDir } from 'node:module';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EngineSettings } from './engines.ts';

/** Both ids of nobody (Debian, Fedora and others agree on the number). */
export const nobody = 65_534;

/** How a confined process of ours is started. */
export interface ConfinedOptions {
  /** It has these as 4, 5 and so on. */
  readonly descriptors?: readonly number[];
  /** Ids of the groups that it is in. */
  readonly groups?: readonly number[];
  /** MiB of objects that it may hold. */
  readonly heapMiB?: number;
}

/** A command and its arguments. */
export type Words = readonly [program: string, ...args: string[]];

const groupsPlace = '--clear-groups';
const only = '-all,+dac_read_search';
const lessRights = [
  'setpriv',
  `--reuid=${nobody}`,
  `--regid=${nobody}`,
  groupsPlace,
  `--inh-caps=${only}`,
  `--ambient-caps=${only}`,
  `--bounding-set=${only}`,
  '--no-new-privs',
  '--pdeathsig=KILL',
  '--',
];
const apart = ['unshare', '--net', '--ipc', '--', 'prlimit', '--core=0', '--'];
/** Filters system calls, where it has been built (native/confine.c). */
const filtered = fileURLToPath(new URL('../../build/redoubt-confine', import.meta.url));
/** Some containers allow no namespaces, some no filters; rights are given up all the same. */
const ways: readonly (readonly string[])[] = [
  [...apart, ...lessRights, filtered],
  [...apart, ...lessRights],
  [...lessRights, filtered],
  lessRights,
];
let way: readonly string[] | undefined;

/**
 * A command so that it runs confined, as far as this host allows (unshare, prlimit and setpriv of util-linux).
 * @param groups ids of groups that it is in
 */
export function confined(words: Words, groups: readonly number[] = []): Words {
  way ??= process.getuid?.() === 0 ? (ways.find(works) ?? []) : [];
  const joined = groups.length > 0 ? `--groups=${groups.join(',')}` : '--clear-groups';
  return [...way.flatMap(word => (word === groupsPlace ? [joined] : [word])), ...words] as unknown as Words;
}

/** Groups that a confined process has to be in to reach clamd. */
export function socketGroups({ clamdSocket }: Pick<EngineSettings, 'clamdSocket'>): number[] {
  const stats = clamdSocket === undefined ? undefined : statSync(clamdSocket, { throwIfNoEntry: false });
  const isForGroup = stats !== undefined && (stats.mode & 0o022) === 0o020;
  return isForGroup ? [stats.gid] : [];
}

function works([program = '', ...args]: readonly string[]): boolean {
  try {
    execFileSync(program, [...args, 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * Lets confined processes read the compiled code that root's processes keep (Node names the folder by the user id): they
 * start in half the time and carry no TypeScript parser. They cannot write there: what they are to find, root must have
 * loaded once.
 */
function shareCompiledCode(): void {
  const folder = getCompileCacheDir();
  const theirs = folder?.replace(/-0$/, `-${nobody}`);
  if (folder === undefined || theirs === undefined || theirs === folder) return;
  try {
    symlinkSync(basename(folder), theirs);
  } catch {
    // It is there already; or it cannot be, and they compile for themselves.
  }
}

/** Not a file of its own: as such it would have to be in the cache of compiled code, too, which only root can fill. */
const entry = 'import(process.argv[1]).then(({ serve }) => serve())';

/**
 * Starts a program of ours in a confined Node process that is talked to by messages.
 * @param program path of a module whose function `serve` answers them
 */
export function forkConfined(
  program: string,
  { descriptors = [], groups = [], heapMiB }: ConfinedOptions = {},
): ChildProcess {
  shareCompiledCode();
  const heap = heapMiB === undefined ? [] : [`--max-old-space-size=${heapMiB}`];
  const [command, ...args] = confined(
    [process.execPath, ...process.execArgv, ...heap, '--eval', entry, program],
    groups,
  );
  return spawn(command, args, {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc', ...descriptors],
  });
}
