/** Folders whose list of names survives a loss of power, and links that change in one step. */
import { closeSync, fsyncSync, openSync, renameSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes everything written to a folder's list of names durable. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Points a symbolic link elsewhere in one step. */
export function replaceLink(path: string, target: string): void {
  const draft = `${path}.${process.pid}.new`;
  symlinkSync(target, draft);
  renameSync(draft, path);
  syncFolder(dirname(path));
}
