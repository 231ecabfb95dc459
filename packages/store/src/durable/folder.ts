/** Folders whose list of names survives a loss of power, and links that change in one step. */
import fs, { renameSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';

/** The calls that this takes; tests put a fault in front of or behind each of them. */
export type FolderCalls = Pick<typeof fs, 'openSync' | 'fsyncSync' | 'closeSync'>;

/** Makes everything written to a folder's list of names durable. @throws the system's error */
export function syncFolder(folder: string, calls: FolderCalls = fs): void {
  const descriptor = calls.openSync(folder, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  try {
    calls.fsyncSync(descriptor);
  } finally {
    calls.closeSync(descriptor);
  }
}

/** Points a symbolic link elsewhere in one step. */
export function replaceLink(path: string, target: string): void {
  const draft = `${path}.${process.pid}.new`;
  symlinkSync(target, draft);
  renameSync(draft, path);
  syncFolder(dirname(path));
}
