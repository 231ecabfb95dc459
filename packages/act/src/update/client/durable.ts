/** Files that are either the old or the new one, whatever happens while they are written. */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, symlinkSync, writeSync } from 'node:fs';
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

/** Replaces a file as a whole; it is on disk before this returns. Folders are made as needed. */
export function replaceFile(path: string, bytes: Uint8Array): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const draft = `${path}.new`;
  const descriptor = openSync(draft, 'w', 0o600);
  try {
    let written = 0;
    while (written < bytes.length) written += writeSync(descriptor, bytes, written);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(draft, path);
  syncFolder(folder);
}

/** Points a symbolic link elsewhere in one step. */
export function replaceLink(path: string, target: string): void {
  const draft = `${path}.${process.pid}.new`;
  symlinkSync(target, draft);
  renameSync(draft, path);
  syncFolder(dirname(path));
}
