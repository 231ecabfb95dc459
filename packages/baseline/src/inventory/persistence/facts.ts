/** From an item of a source to an entry of a state: with hash, owner, mode and packages. */
import type { Fact, StateEntry } from '@redoubt/model';
import type { Host } from '../host.ts';
import { keyOfText } from '../text-key.ts';
import { programOf } from './program.ts';
import type { PersistenceItem, PersistenceSource } from './source.ts';

/** Permission bits in octal, four digits. */
export function modeText(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}

/**
 * Facts of the file in which an item is written. An item that is one line of a file has its own identity: the hash
 * of the whole file would call it changed whenever its neighbour is.
 */
async function fileFacts(host: Host, path: string, isLine: boolean): Promise<Record<string, Fact>> {
  const stats = host.files.stat(path);
  const owner = stats === undefined ? null : `${host.userName(stats.uid)}:${host.groupName(stats.gid)}`;
  return {
    ...(!isLine && { sha256: stats?.isFile() ? host.files.sha256(path) : null }),
    mode: stats === undefined ? null : modeText(stats.mode),
    owner,
    package: await packageOf(host, path),
  };
}

/** The package that brought a path, or what it leads to: links of alternatives belong to nobody. */
async function packageOf(host: Host, path: string): Promise<string | null> {
  const direct = await host.packageOf(path);
  if (direct !== null) return direct;
  const real = host.files.resolve(path);
  return real === undefined || real === path ? null : host.packageOf(real);
}

async function programFacts(
  host: Host,
  path: string,
  command: string | undefined,
): Promise<Record<string, Fact>> {
  if (command === undefined) return {};
  const named = programOf(command);
  const program = named === undefined ? undefined : keyOfText(named);
  if (program === undefined || program === path) return {};
  const stats = host.files.stat(program);
  if (stats === undefined) return { program, program_package: null };
  return {
    program,
    program_package: await packageOf(host, program),
    ...((stats.mode & 0o002) !== 0 && { program_mode: modeText(stats.mode) }),
  };
}

/** The entry of an item. Keys are `kind:path` or `kind:path#id`. */
export async function persistenceEntry(
  host: Host,
  source: PersistenceSource,
  item: PersistenceItem,
): Promise<StateEntry> {
  const { path, id, name, command, user, schedule, enabled, facts = {} } = item;
  return {
    key: `${source.kind}:${path}${id === undefined ? '' : `#${id}`}`,
    facts: {
      kind: source.kind,
      path,
      ...(name !== undefined && name !== '' && { name }),
      ...(command !== undefined && command !== '' && { command }),
      ...(user !== undefined && { user }),
      ...(schedule !== undefined && schedule !== '' && { schedule }),
      ...(enabled !== undefined && { enabled }),
      ...facts,
      ...(await fileFacts(host, path, id !== undefined)),
      ...(await programFacts(host, path, command)),
    },
  };
}
