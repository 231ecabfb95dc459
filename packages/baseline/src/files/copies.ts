/** Copies of the files that a policy names, and what they tell about a change. */
import { closeSync, constants, fstatSync, readSync } from 'node:fs';
import { openBelow } from '@redoubt/kernel';
import type { StateChange, StateEntry } from '@redoubt/model';
import type { KeepOptions } from '../collector.ts';
import { isNeverShown } from '../copies/mask.ts';
import { longestText, textDifference, textOf } from '../copies/text-diff.ts';
import { unescapeKey } from '../state/key.ts';
import type { FileClass, FilePolicy } from './policy.ts';

/** The content of a regular file no longer than `most` bytes; undefined when it is none, or cannot be read. */
function contentOf(root: string, key: string, most: number): Buffer | undefined {
  let fd: number;
  try {
    fd = openBelow(root, unescapeKey(key), constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const status = fstatSync(fd);
    if (!status.isFile() || status.size > most) return undefined;
    const bytes = Buffer.alloc(Math.min(most, status.size) + 1);
    let length = 0;
    for (let got = -1; got !== 0 && length < bytes.length; length += got)
      got = readSync(fd, bytes, length, bytes.length - length, length);
    return length > most ? undefined : bytes.subarray(0, length);
  } finally {
    closeSync(fd);
  }
}

/** Keeps a copy of a file of a new state, if the policy wants one. @throws StateError `write` */
export function keepFile(
  { copies: wanted }: FilePolicy,
  { key, facts }: StateEntry,
  { root, copies, onTrouble }: KeepOptions,
): Promise<void> | undefined {
  const { sha256, size } = facts;
  if (typeof sha256 !== 'string' || Number(size) > wanted.largest) return undefined;
  if (!wanted.wants(key, facts['class'] as FileClass)) return undefined;
  return (async () => {
    if (await copies.touch(sha256)) return;
    const content = contentOf(root, key, wanted.largest);
    if (content !== undefined && (await copies.put(content)) === sha256) return;
    onTrouble?.({
      key,
      text: { en: 'it changed before a copy could be kept', zh: '保存副本之前文件已变化' },
    });
  })();
}

const hiddenLines = ['(not shown)'];

/** What a change of content is, by lines, with secrets masked. Undefined where it cannot be told. */
export async function linesOfFile(
  policy: FilePolicy,
  change: StateChange,
  { root, copies }: KeepOptions,
): Promise<readonly string[] | undefined> {
  if (change.kind !== 'changed' || !change.fields.includes('sha256')) return undefined;
  const { key, before, after } = change;
  if (!policy.copies.wants(key, before.facts['class'] as FileClass)) return undefined;
  const sha256 = before.facts['sha256'];
  if (typeof sha256 !== 'string' || after.facts['type'] !== 'file') return undefined;
  if (isNeverShown(key)) return hiddenLines;
  const golden = await copies.content(sha256, longestText).catch(() => undefined);
  const present = contentOf(root, key, longestText);
  if (golden === undefined || present === undefined) return undefined;
  const [was, is] = [textOf(golden), textOf(present)];
  return was === undefined || is === undefined ? undefined : textDifference(was, is);
}
