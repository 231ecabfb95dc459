/** Finding the files of a scan: depth first, links not followed, each folder once. */
import { lstatSync, readdirSync, type Stats, statfsSync } from 'node:fs';

/** A regular file that was found. */
export interface FoundFile {
  /** For people; bytes that are no UTF-8 are replaced in it. */
  readonly path: string;
  /** The path as it is, where `path` cannot say it. */
  readonly raw?: Buffer;
  readonly stats: Stats;
}

/** What a walk counts besides the files. */
export interface WalkCounts {
  /** Devices, pipes, sockets: they have no content. */
  notFiles: number;
  /** File systems of the kernel's own (proc, sys …) that were not entered. */
  pseudo: number;
  /** Folders that could not be read, with the system's words. */
  readonly unreadable: { readonly path: string; readonly error: string }[];
  unreadableCount: number;
}

/** `f_type` of file systems that hold no files of anyone (statfs(2), linux/magic.h). */
const pseudoTypes: ReadonlySet<number> = new Set([
  0x9fa0, 0x62656572, 0x64626720, 0x74726163, 0x27e0eb, 0x63677270, 0x73636673, 0x6e736673, 0xcafe4a11,
  0x1cd1, 0x19800202, 0x50495045, 0x534f434b, 0x42494e4d, 0x65735543, 0x62656570, 0xf97cff8c, 0x43415d53,
]);
const shownProblems = 100;
const replacement = '\ufffd';

/**
 * Walks the paths. Folders are read in the order of their names, so that a scan can be followed.
 * @param isExcluded says of a path that it is left out, with everything below it
 */
export function* walkFiles(
  paths: readonly string[],
  counts: WalkCounts,
  isExcluded: (path: string) => boolean = () => false,
): Generator<FoundFile> {
  for (const path of paths) {
    const stats = statsOf(path, path, counts);
    if (stats === undefined || isExcluded(path)) continue;
    if (stats.isDirectory()) yield* below(path, stats.dev, counts, isExcluded);
    else if (stats.isFile()) yield { path, stats };
    else counts.notFiles += 1;
  }
}

function* below(
  top: string,
  device: number,
  counts: WalkCounts,
  isExcluded: (path: string) => boolean,
): Generator<FoundFile> {
  if (isPseudo(top)) {
    counts.pseudo += 1;
    return;
  }
  const open: { path: string; raw?: Buffer; device: number }[] = [{ path: top, device }];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const found: { path: string; raw?: Buffer; device: number }[] = [];
    const prefix = folder.path === '/' ? '' : folder.path;
    for (const { name, raw, isFolder } of namesIn(folder.path, folder.raw, counts)) {
      const path = `${prefix}/${name}`;
      if (isExcluded(path)) continue;
      const whole = raw === undefined && folder.raw === undefined ? undefined : rawPath(folder, raw ?? name);
      if (isFolder === 'other') continue;
      const stats = statsOf(path, whole ?? path, counts);
      if (stats === undefined) continue;
      if (stats.isDirectory()) {
        if (stats.dev !== folder.device && isPseudo(whole ?? path)) counts.pseudo += 1;
        else found.push({ path, device: stats.dev, ...(whole !== undefined && { raw: whole }) });
      } else if (stats.isFile()) yield { path, stats, ...(whole !== undefined && { raw: whole }) };
    }
    open.push(...found.reverse());
  }
}

interface Name {
  readonly name: string;
  /** Where the name is no UTF-8. */
  readonly raw?: Buffer;
  readonly isFolder: 'folder-or-file' | 'other';
}

function namesIn(path: string, raw: Buffer | undefined, counts: WalkCounts): Name[] {
  try {
    const entries = readdirSync(raw ?? path, { withFileTypes: true, encoding: 'utf8' });
    if (entries.some(({ name }) => name.includes(replacement))) return rawNamesIn(raw ?? path);
    const names: Name[] = [];
    for (const entry of entries) {
      if (entry.isFile() || entry.isDirectory()) names.push({ name: entry.name, isFolder: 'folder-or-file' });
      else if (!entry.isSymbolicLink()) counts.notFiles += 1;
    }
    return names.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    note(counts, path, error);
    return [];
  }
}

function rawNamesIn(path: string | Buffer): Name[] {
  return readdirSync(path, { encoding: 'buffer' }).map(raw => ({
    name: raw.toString('utf8'),
    raw,
    isFolder: 'folder-or-file',
  }));
}

function rawPath(folder: { path: string; raw?: Buffer }, name: Buffer | string): Buffer {
  return Buffer.concat([folder.raw ?? Buffer.from(folder.path), Buffer.from('/'), Buffer.from(name)]);
}

function statsOf(path: string, place: string | Buffer, counts: WalkCounts): Stats | undefined {
  try {
    return lstatSync(place);
  } catch (error) {
    // Between listing and asking it may have gone: nothing is left to scan then.
    if (path !== place || (error as NodeJS.ErrnoException).code !== 'ENOENT') note(counts, path, error);
    return undefined;
  }
}

function note(counts: WalkCounts, path: string, error: unknown): void {
  counts.unreadableCount += 1;
  if (counts.unreadable.length < shownProblems)
    counts.unreadable.push({ path, error: error instanceof Error ? error.message : String(error) });
}

function isPseudo(path: string | Buffer): boolean {
  try {
    return pseudoTypes.has(statfsSync(path).type >>> 0);
  } catch {
    return false;
  }
}
