/** Entries of files: from what was walked and measured to facts. */
import type { Measured } from '@redoubt/kernel/tree';
import type { Fact, StateEntry } from '@redoubt/model';
import { attributeFacts } from './attributes.ts';
import type { FileClass } from './policy.ts';

/** Names of the type letters of a status. */
export const typeNames: Readonly<Record<string, string>> = {
  f: 'file',
  d: 'folder',
  l: 'link',
  c: 'character device',
  b: 'block device',
  p: 'pipe',
  s: 'socket',
};

/** The parts of a status text, see `walkTrees`. */
export interface StatParts {
  readonly type: string;
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly inode: string;
  /** Seconds with nine decimals. */
  readonly modified: string;
  readonly changed: string;
}

/** Takes a status text apart. */
export function partsOf(stat: string): StatParts {
  const [type = '', mode = '', uid, gid, , size, , inode = '', modified = '', changed = ''] = stat.split(' ');
  return { type, mode, uid: Number(uid), gid: Number(gid), size: Number(size), inode, modified, changed };
}

/** Facts that are no drift of their own: whether a file has to be looked at again, and which package it belongs to. */
export const volatileFacts = ['stat', 'package'] as const;

/** The package that an entry belonged to when it was made. */
export function ownerOf({ facts }: StateEntry): string | undefined {
  const owner = facts['package'];
  return typeof owner === 'string' ? owner : undefined;
}

/**
 * The entry of a path.
 * @param measured of the same object; what could not be read has a `sha256` of null
 * @param owner package that it belongs to; of a folder, which may belong to many, it is not kept
 */
export function entryOf(key: string, kind: FileClass, measured: Measured, owner?: string): StateEntry {
  const { type, mode, uid, gid, size } = partsOf(measured.stat);
  const facts: Record<string, Fact> = { class: kind, type: typeNames[type] ?? type, mode, uid, gid };
  if (type === 'f') {
    facts['size'] = size;
    facts['sha256'] = measured.sha256 === '' ? null : measured.sha256;
  } else if (type === 'l') facts['link'] = measured.link;
  else if (type === 'c' || type === 'b') facts['device'] = size;
  if (measured.attributes !== '') Object.assign(facts, attributeFacts(measured.attributes));
  if (owner !== undefined && type !== 'd') facts['package'] = owner;
  facts['stat'] = measured.stat;
  return { key, facts };
}
