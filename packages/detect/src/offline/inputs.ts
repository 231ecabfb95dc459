/** From the arguments of a command to the files that they mean. */
import { glob, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A file to be read; `-` is standard input. */
export interface InputFile {
  readonly path: string;
  /** Bytes as they lie on disk; 0 when unknown. */
  readonly size: number;
  /** Named by itself, not found in a folder or by a pattern: then it must be a log that can be read. */
  readonly named: boolean;
}

/** What could not be found. */
export interface InputProblem {
  readonly path: string;
  readonly reason: string;
}

/**
 * Finds the files. A folder stands for every file below it; a pattern (`*`, `**`, `?`, `[…]`) that is no file for
 * those that it fits. Each file comes once, in the order of the arguments, below each in the order of their names.
 */
export async function findInputs(
  names: readonly string[],
): Promise<{ files: InputFile[]; problems: InputProblem[] }> {
  const files = new Map<string, InputFile>();
  const problems: InputProblem[] = [];
  /** Folders by device and inode: a link to a folder above must not lead round in circles. */
  const folders = new Set<string>();
  const add = async (path: string, named: boolean): Promise<void> => {
    if (files.has(path)) return;
    try {
      const found = await stat(path);
      if (found.isDirectory()) {
        const identity = `${found.dev}:${found.ino}`;
        if (folders.has(identity)) return;
        folders.add(identity);
        for (const inner of (await readdir(path)).sort()) await add(join(path, inner), false);
      } else if (found.isFile() || named) files.set(path, { path, size: found.size, named });
    } catch (error) {
      problems.push({ path, reason: error instanceof Error ? error.message : String(error) });
    }
  };
  for (const name of names) {
    if (name === '-') {
      files.set('-', { path: '-', size: 0, named: true });
      continue;
    }
    const isThere = await stat(name).then(
      () => true,
      () => false,
    );
    if (isThere || !/[*?[{]/.test(name)) {
      await add(name, true);
      continue;
    }
    const found: string[] = [];
    for await (const path of glob(name)) found.push(path);
    if (found.length === 0) problems.push({ path: name, reason: 'no file fits the pattern' });
    for (const path of found.sort()) await add(path, false);
  }
  return { files: [...files.values()], problems };
}
