/** Giving a path the form that an entry describes, through folders that no link can lead away from. */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lchownSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import {
  measureFiles,
  openBelow,
  readAttributes,
  removeAttribute,
  setAttribute,
  setTimes,
} from '@redoubt/kernel';
import type { StateEntry } from '@redoubt/model';
import type { CopyStore } from '../../copies/store.ts';
import { StateError } from '../../state/error.ts';
import { unescapeKey } from '../../state/key.ts';
import { entryOf, partsOf } from '../entry.ts';
import { attributesOf } from './bytes.ts';

/** Where, and out of which copies. */
export interface FormOptions {
  readonly root: string;
  readonly copies: CopyStore;
}

/** What must be done. */
export type Plan = 'nothing' | 'remove' | 'metadata' | 'content' | 'link' | 'folder';

const { O_RDONLY, O_DIRECTORY, O_NONBLOCK, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

const impossible = (en: string, zh: string): StateError => new StateError('missing', { en, zh });

/** The present form of a path; undefined when there is nothing. */
export async function presentForm(key: string, root: string): Promise<StateEntry | undefined> {
  for (const type of ['f', 'd']) {
    const [measured] = await measureFiles(root, [{ key, type }]);
    if (measured === undefined || measured.stat === '') return undefined;
    if (partsOf(measured.stat).type === 'd' && type === 'f') continue;
    return entryOf(key, 'other', measured);
  }
  return undefined;
}

/** Facts beside the content. */
const metadata = ({ facts }: StateEntry): string => {
  const { class: _, stat: __, size: ___, sha256: ____, link: _____, ...more } = facts;
  return JSON.stringify(Object.entries(more).sort());
};

/**
 * What makes the present form the wanted one.
 * @throws StateError `missing` when it cannot be done, saying why
 */
export function planOf(wanted: StateEntry | undefined, now: StateEntry | undefined, copies: CopyStore): Plan {
  const type = wanted?.facts['type'];
  const present = now?.facts['type'];
  if (wanted === undefined) {
    if (now === undefined) return 'nothing';
    if (present === 'file' || present === 'link' || present === 'folder') return 'remove';
    throw impossible(`a ${present} is left for you to remove`, `${present} 请手动删除`);
  }
  if (now !== undefined && present !== type && present === 'folder')
    throw impossible('a folder stands in its place; move it away first', '该位置现为目录；请先移走');
  if (type === 'folder') {
    if (now === undefined) return 'folder';
    if (present !== type)
      throw impossible('a file stands in its place; move it away first', '该位置现为文件；请先移走');
    return metadata(wanted) === metadata(now) ? 'nothing' : 'metadata';
  }
  if (type === 'link') {
    if (present !== undefined && present !== 'link' && present !== 'file')
      throw impossible(
        `a ${present} stands in its place; move it away first`,
        '该位置现为特殊文件；请先移走',
      );
    return now !== undefined &&
      present === 'link' &&
      wanted.facts['link'] === now.facts['link'] &&
      metadata(wanted) === metadata(now)
      ? 'nothing'
      : 'link';
  }
  if (type !== 'file') throw impossible(`a ${type} is not made`, `不会创建 ${type}`);
  const { sha256 } = wanted.facts;
  if (now !== undefined && present === 'file' && sha256 !== null && now.facts['sha256'] === sha256)
    return metadata(wanted) === metadata(now) ? 'nothing' : 'metadata';
  if (typeof sha256 !== 'string' || !copies.has(sha256))
    throw impossible(
      'there is no copy of its content; bring it back from its package or a backup',
      '没有其内容的副本；请从软件包或备份中恢复',
    );
  if (present !== undefined && present !== 'link' && present !== 'file')
    throw impossible(`a ${present} stands in its place; move it away first`, '该位置现为特殊文件；请先移走');
  return 'content';
}

function setMetadata(fd: number, { facts }: StateEntry): void {
  // The owner first: changing it clears set-uid bits and capabilities (chown(2)).
  fchownSync(fd, Number(facts['uid']), Number(facts['gid']));
  const wanted = attributesOf(facts);
  for (const name of readAttributes(fd).keys()) if (!wanted.has(name)) removeAttribute(fd, name);
  for (const [name, value] of wanted) if (name !== 'security.capability') setAttribute(fd, name, value);
  fchmodSync(fd, Number.parseInt(String(facts['mode']), 8));
  const capabilities = wanted.get('security.capability');
  if (capabilities !== undefined) setAttribute(fd, 'security.capability', capabilities);
  const time = nanoseconds(partsOf(String(facts['stat'])).modified);
  if (time !== undefined) setTimes(fd, time, time);
}

function nanoseconds(time: string): bigint | undefined {
  return /^\d+\.\d{9}$/.test(time) ? BigInt(time.replace('.', '')) : undefined;
}

/** Names inside the folder of a path. The folder is held open, so what is done happens in it whatever is renamed. */
class Folder {
  readonly fd: number;
  readonly name: Buffer;

  constructor(key: string, root: string) {
    const path = unescapeKey(key);
    const slash = path.lastIndexOf(0x2f);
    this.name = path.subarray(slash + 1);
    if (this.name.length === 0) throw impossible('the root itself is not restored', '不会恢复根目录本身');
    this.fd = openBelow(root, path.subarray(0, Math.max(0, slash)), O_RDONLY | O_DIRECTORY | O_NONBLOCK);
  }

  at(name: Buffer): Buffer {
    return Buffer.concat([Buffer.from(`/proc/self/fd/${this.fd}/`), name]);
  }

  get path(): Buffer {
    return this.at(this.name);
  }

  /** A name beside it that nothing has. */
  get beside(): Buffer {
    return this.at(Buffer.concat([Buffer.from('.redoubt-'), Buffer.from(`${process.pid}-${Date.now()}`)]));
  }

  close(): void {
    closeSync(this.fd);
  }
}

/** Keeps what a file holds, and again when it changed meanwhile, while `work` puts another in its place. */
async function keeping(
  folder: Folder,
  now: StateEntry | undefined,
  copies: CopyStore,
  work: () => void,
): Promise<void> {
  if (now?.facts['type'] !== 'file') {
    work();
    return;
  }
  const fd = openSync(folder.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const before = fstatSync(fd, { bigint: true });
    const kept = await copies.putFile(fd);
    if (kept !== now.facts['sha256'])
      throw new StateError('write', {
        en: 'it changes while it is restored; try again',
        zh: '恢复期间文件仍在变化；请重试',
      });
    work();
    if (fstatSync(fd, { bigint: true }).mtimeNs !== before.mtimeNs) await copies.putFile(fd);
  } finally {
    closeSync(fd);
  }
}

async function writeContent(
  folder: Folder,
  wanted: StateEntry,
  now: StateEntry | undefined,
  copies: CopyStore,
): Promise<void> {
  const { beside } = folder;
  const fd = openSync(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  let placed = false;
  try {
    await copies.read(String(wanted.facts['sha256']), piece => {
      for (let at = 0; at < piece.length; ) at += writeSync(fd, piece, at);
    });
    setMetadata(fd, wanted);
    fsyncSync(fd);
    await keeping(folder, now, copies, () => {
      renameSync(beside, folder.path);
      placed = true;
    });
  } finally {
    closeSync(fd);
    if (!placed) unlinkSync(beside);
  }
}

async function placeLink(
  folder: Folder,
  wanted: StateEntry,
  now: StateEntry | undefined,
  copies: CopyStore,
): Promise<void> {
  const { beside } = folder;
  symlinkSync(unescapeKey(String(wanted.facts['link'])), beside);
  try {
    lchownSync(beside, Number(wanted.facts['uid']), Number(wanted.facts['gid']));
    await keeping(folder, now, copies, () => renameSync(beside, folder.path));
  } catch (error) {
    unlinkSync(beside);
    throw error;
  }
}

function inPlace(folder: Folder, wanted: StateEntry): void {
  const flags = wanted.facts['type'] === 'folder' ? O_DIRECTORY : 0;
  const fd = openSync(folder.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | flags);
  try {
    setMetadata(fd, wanted);
  } finally {
    closeSync(fd);
  }
}

/**
 * Does what a plan says. What stood there is among the copies before anything is changed, and a file is replaced by
 * one rename.
 * @throws StateError, or the system's own errors; the path is as it was then
 */
export async function carryOut(
  plan: Plan,
  key: string,
  wanted: StateEntry | undefined,
  now: StateEntry | undefined,
  { root, copies }: FormOptions,
): Promise<void> {
  if (plan === 'nothing') return;
  const folder = new Folder(key, root);
  try {
    if (plan === 'remove') {
      if (now?.facts['type'] === 'folder') rmdirSync(folder.path);
      else await keeping(folder, now, copies, () => unlinkSync(folder.path));
    } else if (wanted !== undefined) {
      if (plan === 'content') await writeContent(folder, wanted, now, copies);
      else if (plan === 'link') await placeLink(folder, wanted, now, copies);
      else {
        if (plan === 'folder') mkdirSync(folder.path, 0o700);
        inPlace(folder, wanted);
      }
    }
    fsyncSync(folder.fd);
  } finally {
    folder.close();
  }
}
