/**
 * Changing authorized_keys as root in a folder that somebody else owns. Each folder on the way is opened without
 * following links and what is below is reached through its descriptor, so that nobody can put a link to another file
 * in the way.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import type { Account } from './files.ts';

/** Files that sshd(8) reads by default (AuthorizedKeysFile of sshd_config(5)). */
export const keyFiles = ['authorized_keys', 'authorized_keys2'] as const;

const folderFlags = fs.constants.O_RDONLY | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW;
const fileFlags = fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK;
const sizeLimit = 4 * 1024 * 1024;

/** What is done with lines: the new ones, or undefined to leave the file. */
export type ChangeLines = (lines: readonly string[]) => readonly string[] | undefined;

/**
 * Reads a key file, and replaces it as a whole when the lines change, with owner and permissions as they were.
 * @returns the lines as they are then; undefined when there is no such file
 * @throws Error naming what is no regular file or too large
 */
export function changeKeyFile(
  { home }: Account,
  prefix: string,
  name: string,
  change: ChangeLines = () => undefined,
): readonly string[] | undefined {
  const opened: number[] = [];
  const below = (folder: number, entry: string): string => `/proc/self/fd/${folder}/${entry}`;
  const open = (path: string, flags: number): number => {
    const descriptor = fs.openSync(path, flags);
    opened.push(descriptor);
    return descriptor;
  };
  try {
    const folder = open(below(open(join(prefix, home), folderFlags), '.ssh'), folderFlags);
    const file = open(below(folder, name), fileFlags);
    const found = fs.fstatSync(file);
    if (!found.isFile()) throw new Error(`${home}/.ssh/${name} is no regular file`);
    if (found.size > sizeLimit) throw new Error(`${home}/.ssh/${name} is larger than ${sizeLimit} bytes`);
    // Bytes that are no UTF-8 come out as they went in.
    const lines = fs.readFileSync(file, 'latin1').split('\n');
    const changed = change(lines);
    if (changed === undefined) return lines;
    const draft = `.${name}.redoubt`;
    fs.rmSync(below(folder, draft), { force: true });
    const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = fs.constants;
    const target = fs.openSync(below(folder, draft), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600);
    opened.push(target);
    fs.writeFileSync(target, changed.join('\n'), 'latin1');
    fs.fchownSync(target, found.uid, found.gid);
    fs.fchmodSync(target, found.mode & 0o7777);
    fs.fsyncSync(target);
    fs.renameSync(below(folder, draft), below(folder, name));
    fs.fsyncSync(folder);
    return changed;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  } finally {
    for (const descriptor of opened) fs.closeSync(descriptor);
  }
}
