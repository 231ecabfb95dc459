/** Finds the logs that patterns name, again and again at little cost. */
import { lstatSync, type Stats, statSync } from 'node:fs';
import { glob, readdir } from 'node:fs/promises';
import { join, matchesGlob, resolve } from 'node:path';
import { isRotatedName } from './siblings.ts';

/**
 * A directory that changed this short a time before it was read may change once more without another time of
 * change: the kernel's clock for these goes in steps (ktime_get_coarse_real_ts64). Milliseconds.
 */
const stillWarm = 1000;

/** What one pattern named, and the directories that this was read from. */
interface Look {
  readonly found: readonly string[];
  /** Time of change by directory, as text; undefined where there was none. */
  readonly directories: ReadonlyMap<string, string | undefined>;
}

/** The logs that patterns name. Directories are read again only when they have changed. */
export class LogSearch {
  readonly #patterns: readonly string[];
  readonly #looks = new Map<string, Look>();

  /** @param patterns paths or patterns as of `node:fs/promises` glob */
  constructor(patterns: readonly string[]) {
    this.#patterns = patterns;
  }

  /** The absolute paths of the regular files that are named at present; rotated files are left out. */
  async find(): Promise<Set<string>> {
    const found = new Set<string>();
    for (const pattern of this.#patterns) for (const path of await this.#named(pattern)) found.add(path);
    return found;
  }

  async #named(pattern: string): Promise<readonly string[]> {
    // Levels cannot be told apart where a star crosses them or a brace may hold a slash.
    if (/\*\*|[{(\\]/.test(pattern)) return globbed(pattern);
    const known = this.#looks.get(pattern);
    if (known !== undefined && isUnchanged(known)) return known.found.filter(isFile);
    const look = await lookAt(resolve(pattern));
    this.#looks.set(pattern, look);
    return look.found.filter(isFile);
  }
}

async function globbed(pattern: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of glob(pattern, { withFileTypes: true })) {
    if (entry.isFile() && !isRotatedName(entry.name)) found.push(resolve(entry.parentPath, entry.name));
  }
  return found;
}

/** Follows a pattern one directory level at a time. */
async function lookAt(pattern: string): Promise<Look> {
  const now = Date.now();
  const directories = new Map<string, string | undefined>();
  let paths = ['/'];
  for (const component of pattern.split('/').slice(1)) {
    if (!/[*?[]/.test(component)) {
      paths = paths.map(path => join(path, component));
      continue;
    }
    const next: string[] = [];
    for (const path of paths) {
      const changed = changeOf(path);
      directories.set(path, changed.warmUntil > now ? 'read again' : changed.time);
      for (const name of await readdir(path).catch(() => [])) {
        if (matchesGlob(name, component)) next.push(join(path, name));
      }
    }
    paths = next;
  }
  return { found: paths.filter(path => !isRotatedName(path)), directories };
}

function isUnchanged({ directories }: Look): boolean {
  for (const [path, time] of directories) if (changeOf(path).time !== time) return false;
  return true;
}

function changeOf(path: string): { time: string | undefined; warmUntil: number } {
  const stats = statOf(path);
  if (stats === undefined) return { time: undefined, warmUntil: 0 };
  return { time: `${stats.ino} ${stats.ctimeMs}`, warmUntil: stats.ctimeMs + stillWarm };
}

/** Whether it is a regular file; a link is not, as it may lead anywhere. */
function isFile(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // a component is not a directory, say
  }
}
