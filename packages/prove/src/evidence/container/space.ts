/** Room for the container: a reserve of the file system that is never used, and a limit. */
import { statfsSync } from 'node:fs';
import { EvidenceError } from '../error.ts';

/** How much may be used. */
export interface SpaceLimits {
  /** Bytes of the output's file system that stay free. Default: a twentieth of it, at most 1 GiB. */
  readonly reserve?: number;
  /** Longest container, bytes. */
  readonly limit?: number;
}

/** The file system is asked again after this many bytes. */
const bytesPerLook = 4 << 20;

/** Kept for the manifest, which is written last. */
const manifestRoom = 1 << 20;

/** Watches the room of a container in a folder. */
export class SpaceGuard {
  readonly #folder: string;
  readonly #limit: number;
  readonly #reserve: number;
  #unlooked = Number.POSITIVE_INFINITY;
  /** Set while the manifest is written, which may use what was kept for it. */
  sealing = false;

  /** @throws the system's error when the folder is not there */
  constructor(folder: string, { reserve, limit }: SpaceLimits = {}) {
    this.#folder = folder;
    this.#limit = limit ?? Number.POSITIVE_INFINITY;
    const { blocks, bsize } = statfsSync(folder);
    this.#reserve = reserve ?? Math.min(1 << 30, Math.floor((blocks * bsize) / 20));
  }

  /** Bytes that may still be written. @param used bytes that the container has */
  room(used: number): number {
    const { bavail, bsize } = statfsSync(this.#folder);
    const kept = this.sealing ? 0 : manifestRoom;
    return Math.max(0, Math.min(bavail * bsize - this.#reserve - kept, this.#limit - kept - used));
  }

  /** @throws EvidenceError `space` when that many more bytes may not be written */
  require(bytes: number, used: number): void {
    this.#unlooked += bytes;
    const kept = this.sealing ? 0 : manifestRoom;
    const overLimit = used + bytes > this.#limit - kept;
    if (!overLimit && this.#unlooked < bytesPerLook) return;
    this.#unlooked = 0;
    const { bavail, bsize } = statfsSync(this.#folder);
    if (!overLimit && bavail * bsize - bytes >= this.#reserve + kept) return;
    const mebibytes = (value: number) => `${Math.ceil(value / (1 << 20))} MiB`;
    throw new EvidenceError(
      'space',
      overLimit
        ? {
            en: `the container would grow beyond its limit of ${mebibytes(this.#limit)}`,
            zh: `容器将超过其上限 ${mebibytes(this.#limit)}`,
          }
        : {
            en: `${this.#folder} has ${mebibytes(bavail * bsize)} left, and ${mebibytes(this.#reserve)} must stay free`,
            zh: `${this.#folder} 剩余 ${mebibytes(bavail * bsize)}，须保留 ${mebibytes(this.#reserve)}`,
          },
    );
  }
}
