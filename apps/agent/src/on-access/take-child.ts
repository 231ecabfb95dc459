/**
 * Takes one file into quarantine, in a process of its own, since sealing a large file takes its time. Arguments: folder
 * of the vault, path, device and inode of the file that was judged, SHA-256 of it or an empty word, cause as JSON.
 * Prints the id of the entry.
 */
import { lstatSync } from 'node:fs';
import { Quarantine } from '@redoubt/act/quarantine';

const [, , folder = '', path = '', device = '', inode = '', sha256 = '', cause = '{}'] = process.argv;
try {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined || String(there.dev) !== device || String(there.ino) !== inode)
    throw new Error(`${path} does not lead to the file that was judged: it is gone, or lies in a container`);
  const quarantine = Quarantine.open(folder);
  const entry = quarantine.add(path, JSON.parse(cause));
  // What was sealed may be something that came to the place in the last moment: that goes back.
  if (sha256 !== '' && entry.sha256 !== sha256) {
    quarantine.restore(entry.id, undefined, false);
    throw new Error(`${path} changed meanwhile; nothing was done`);
  }
  process.stdout.write(entry.id);
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
