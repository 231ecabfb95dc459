/** Contents that somebody has restored: on-access scanning leaves them alone from then on. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { VaultCalls } from './calls.ts';

/** Holds an empty file for each content, named by its SHA-256. */
const folderName = 'released';
const sha256Pattern = /^[0-9a-f]{64}$/;

/** Whether a content was restored from the vault in a folder. Cheap. @param sha256 lower-case hexadecimal */
export function isReleased(vault: string, sha256: string): boolean {
  return sha256Pattern.test(sha256) && existsSync(join(vault, folderName, sha256));
}

/** Notes that a content was restored. @throws Error of the system */
export function release(vault: string, sha256: string, calls: VaultCalls): void {
  const folder = join(vault, folderName);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  calls.closeSync(calls.openSync(join(folder, sha256), 'w', 0o600));
}
