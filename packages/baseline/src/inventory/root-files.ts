/**
 * Files below a root, which may be a mounted image from anywhere: links are followed inside the root and never out
 * of it, nothing but regular files is opened, and everything has a bound. Paths are keys (`state/key.ts`) that begin
 * with `/`, the root.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  opendirSync,
  openSync,
  readlinkSync,
  readSync,
  type Stats,
} from 'node:fs';
import type { Bilingual } from '@redoubt/model';
import { escapeKey, unescapeKey } from '../state/key.ts';

/** Links followed on the way to one file, as in the kernel (MAXSYMLINKS). */
const mostLinks = 40;
/** Names read of one folder. */
const mostNames = 65_536;
/** Largest file whose text is read, bytes. */
const largestText = 4 * 1024 * 1024;
/** Largest file that is hashed, bytes. */
const largestHashed = 256 * 1024 * 1024;

const gone = new Set(['ENOENT', 'ENOTDIR']);
const openFlags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW | constants.O_NOCTTY;

/** Told of what could not be looked at. */
export type OnTrouble = (trouble: { readonly key: string; readonly text: Bilingual }) => void;

/** `a/../b` of an absolute path without looking at the file system. */
function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

/** A folder and a name as one path. */
export function joined(folder: string, name: string): string {
  return folder.endsWith('/') ? folder + name : `${folder}/${name}`;
}

export class RootFiles {
  readonly root: string;
  readonly #prefix: Buffer;
  readonly #onTrouble: OnTrouble;
  readonly #digests = new Map<string, string>();
  readonly #buffer = Buffer.allocUnsafeSlow(256 * 1024);

  constructor(root = '/', onTrouble: OnTrouble = () => undefined) {
    this.root = root;
    this.#prefix = Buffer.from(root.replace(/\/+$/, ''));
    this.#onTrouble = onTrouble;
  }

  /** Where a path of the root stands for the running system. */
  #real(path: string): Buffer {
    return path === '/' && this.#prefix.length > 0
      ? this.#prefix
      : Buffer.concat([this.#prefix, unescapeKey(path)]);
  }

  #trouble(key: string, error: unknown): void {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    if (gone.has(code)) return;
    this.#onTrouble({ key, text: { en: `cannot be read: ${code}`, zh: `无法读取：${code}` } });
  }

  /** Facts of what stands at a path, without following a link at its end; undefined when nothing does. */
  lstat(path: string): Stats | undefined {
    const folder = this.resolve(parentOf(path));
    return folder === undefined
      ? undefined
      : this.#lstatReal(joined(folder, path.slice(path.lastIndexOf('/') + 1)));
  }

  #lstatReal(path: string): Stats | undefined {
    try {
      return lstatSync(this.#real(path));
    } catch (error) {
      this.#trouble(path, error);
      return undefined;
    }
  }

  /** Facts of what a path leads to. */
  stat(path: string): Stats | undefined {
    const real = this.resolve(path);
    return real === undefined ? undefined : this.#lstatReal(real);
  }

  /** Where a link points, as written; undefined when it is no link. */
  link(path: string): string | undefined {
    const folder = this.resolve(parentOf(path));
    if (folder === undefined) return undefined;
    return this.#linkReal(joined(folder, path.slice(path.lastIndexOf('/') + 1)));
  }

  #linkReal(path: string): string | undefined {
    try {
      return escapeKey(readlinkSync(this.#real(path), { encoding: 'buffer' }));
    } catch {
      return undefined;
    }
  }

  /**
   * The path without links that a path leads to, each link taken as inside the root; undefined when it leads
   * nowhere or round in circles.
   */
  resolve(path: string): string | undefined {
    const waiting = path.split('/').reverse();
    let at = '/';
    let links = 0;
    for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
      if (part === '' || part === '.') continue;
      if (part === '..') {
        at = parentOf(at);
        continue;
      }
      const next = joined(at, part);
      const stats = this.#lstatReal(next);
      if (stats === undefined) return undefined;
      if (!stats.isSymbolicLink()) {
        at = next;
        continue;
      }
      const target = this.#linkReal(next);
      if (target === undefined || ++links > mostLinks) return undefined;
      if (target.startsWith('/')) at = '/';
      waiting.push(...target.split('/').reverse());
    }
    return at;
  }

  /** Names in a folder, sorted; none when it is not there or no folder. */
  names(folder: string): string[] {
    const real = this.resolve(folder);
    if (real === undefined || !this.#lstatReal(real)?.isDirectory()) return [];
    const names: string[] = [];
    try {
      // Typed as strings; with this encoding they are buffers.
      const directory = opendirSync(this.#real(real), { encoding: 'buffer' as BufferEncoding });
      try {
        for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
          if (names.length >= mostNames) {
            const text = {
              en: `holds more than ${mostNames} names; the rest is not looked at`,
              zh: `包含超过 ${mostNames} 个名称，其余未检查`,
            };
            this.#onTrouble({ key: folder, text });
            break;
          }
          names.push(escapeKey(entry.name as unknown as Uint8Array));
        }
      } finally {
        directory.closeSync();
      }
    } catch (error) {
      this.#trouble(folder, error);
    }
    return names.sort();
  }

  /** Opens the regular file that a path leads to; undefined when there is none. */
  #open<Result>(path: string, use: (descriptor: number, stats: Stats) => Result): Result | undefined {
    const real = this.resolve(path);
    // Looked at before it is opened: opening a device can do something.
    if (real === undefined || !this.#lstatReal(real)?.isFile()) return undefined;
    let descriptor: number;
    try {
      descriptor = openSync(this.#real(real), openFlags);
    } catch (error) {
      this.#trouble(path, error);
      return undefined;
    }
    try {
      const stats = fstatSync(descriptor);
      return stats.isFile() ? use(descriptor, stats) : undefined;
    } catch (error) {
      this.#trouble(path, error);
      return undefined;
    } finally {
      closeSync(descriptor);
    }
  }

  /** Bytes of a regular file up to a limit; undefined when there is none. What is left out is said. */
  bytes(path: string, limit = largestText): Buffer | undefined {
    return this.#open(path, (descriptor, stats) => {
      const parts: Buffer[] = [];
      let size = 0;
      for (;;) {
        const read = readSync(descriptor, this.#buffer, 0, this.#buffer.length, null);
        if (read === 0) break;
        parts.push(Buffer.from(this.#buffer.subarray(0, Math.min(read, limit - size))));
        size += read;
        if (size > limit) {
          const text = {
            en: `only the first ${limit} of ${Math.max(size, stats.size)} bytes are read`,
            zh: `共 ${Math.max(size, stats.size)} 字节，仅读取前 ${limit} 字节`,
          };
          this.#onTrouble({ key: path, text });
          break;
        }
      }
      return Buffer.concat(parts);
    });
  }

  /** Text of a regular file, with what is no UTF-8 replaced; undefined when there is none. */
  text(path: string, limit = largestText): string | undefined {
    return this.bytes(path, limit)?.toString('utf8');
  }

  /** SHA-256 of the regular file that a path leads to, hexadecimal; `null` when it cannot be told. */
  sha256(path: string): string | null {
    const digest = this.#open(path, (descriptor, stats) => {
      const version = `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}`;
      const known = this.#digests.get(version);
      if (known !== undefined) return known;
      if (stats.size > largestHashed) {
        const text = { en: 'too large to be hashed', zh: '文件过大，未计算摘要' };
        this.#onTrouble({ key: path, text });
        return undefined;
      }
      const hash = createHash('sha256');
      for (let read = -1, size = 0; read !== 0 && size <= largestHashed; size += read) {
        read = readSync(descriptor, this.#buffer, 0, this.#buffer.length, null);
        hash.update(this.#buffer.subarray(0, read));
      }
      const made = hash.digest('hex');
      if (this.#digests.size < 16_384) this.#digests.set(version, made);
      return made;
    });
    return digest ?? null;
  }
}
