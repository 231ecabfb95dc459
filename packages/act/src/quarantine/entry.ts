/** What is known of a file in quarantine; one JSON file each. */
import type { FileAttributes } from './attributes.ts';

/** An entry. Times are milliseconds since the Unix epoch. */
export interface QuarantineEntry {
  readonly version: 1;
  readonly id: string;
  /** Where the file was. */
  readonly path: string;
  /** The path's bytes in base64, where they are no UTF-8. */
  readonly rawPath?: string;
  readonly size: number;
  readonly sha256: string;
  readonly attributes: FileAttributes;
  /** Device and inode of the file that was taken: only this one is removed. */
  readonly device: string;
  readonly inode: string;
  /** Other names of the same inode: they still lead to the content. */
  readonly otherLinks: number;
  readonly time: number;
  /** Why: findings, process, who asked. */
  readonly cause: QuarantineCause;
  /** Whether the file is gone from its place. Until then it is in both. */
  readonly removed: boolean;
}

/** Why a file is in quarantine. */
export interface QuarantineCause {
  /** Of whoever put it there: `scan`, `gate`, a user's name. */
  readonly by: string;
  readonly reason?: string;
  /** Ids of findings. */
  readonly findings?: readonly string[];
  readonly process?: { readonly pid: number; readonly path?: string };
}

const idPattern = /^[0-9]{8}-[0-9a-f]{12}$/;

/** Whether a text can be an id: ids become names of files. */
export function isEntryId(text: string): boolean {
  return idPattern.test(text);
}

/** Reads an entry. @throws Error when the text is none */
export function parseEntry(text: string, id: string): QuarantineEntry {
  const entry = JSON.parse(text) as QuarantineEntry;
  if (entry.version !== 1 || entry.id !== id || typeof entry.path !== 'string' || !entry.path.startsWith('/'))
    throw new Error(`${id} is no entry of a quarantine`);
  return entry;
}
