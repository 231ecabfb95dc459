/** Learning about executables what takes time: their hash and the package that owns them. */
import { close } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { ProcessImage } from '../process/image.ts';
import type { ProcessTable } from '../process/table.ts';
import type { TrackedProcess } from '../process/tracked.ts';
import { ExecutableHasher, type FileVersion, versionOf } from './hasher.ts';
import { PackageOwners } from './owners.ts';

/** Fills in `sha256` and `package` of images, and marks their processes as changed when it has. */
export class ImageEnricher {
  readonly hasher: ExecutableHasher;
  readonly owners: PackageOwners;
  readonly #table: ProcessTable;
  readonly #pending = new WeakMap<ProcessImage, Promise<void>>();

  constructor(table: ProcessTable, hasher = new ExecutableHasher(), owners = new PackageOwners()) {
    this.#table = table;
    this.hasher = hasher;
    this.owners = owners;
  }

  /**
   * Looks at the executable of a program that just began. What is cached is filled in at once.
   * @param version the file's identity as the kernel recorded it at exec
   * @param descriptor the file, opened, when no path leads to it any more; it is closed here
   */
  look(process: TrackedProcess, image: ProcessImage, version: FileVersion, descriptor?: number): void {
    const digest = this.hasher.cached(version);
    const owner = this.#ownerKnown(process, image);
    if (digest !== undefined) image.sha256 = digest;
    if (owner !== undefined) image.package = owner;
    // A process that was running already may have been stored without them.
    if (digest !== undefined || owner !== undefined) this.#table.touch(process);
    if (digest !== undefined && owner !== undefined) {
      if (descriptor !== undefined) close(descriptor);
      return;
    }
    const learned = this.#learn(process, image, version, descriptor);
    this.#pending.set(
      image,
      learned.finally(() => descriptor === undefined || close(descriptor)),
    );
  }

  /** As `look`, for a process that was already running: its executable is identified through /proc. */
  async lookAtRunning(process: TrackedProcess): Promise<void> {
    const { image } = process;
    if (image.file.path === '' || image.sha256 !== undefined) return;
    try {
      const version = versionOf(await stat(`/proc/${process.pid}/exe`, { bigint: true }));
      if (Number(version.inode) !== image.file.inode) return;
      this.look(process, image, version);
      await this.#pending.get(image);
    } catch {
      // the process has ended
    }
  }

  /** Resolves when everything that can be learned about a program has been, or after `timeout` ms. */
  async settled(image: ProcessImage, timeout: number): Promise<void> {
    const pending = this.#pending.get(image);
    if (pending === undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeout);
    await Promise.race([pending, promise]);
    clearTimeout(timer);
  }

  /** A package can own a file of the host only: the same path in a container is another file. */
  #ownerKnown(process: TrackedProcess, image: ProcessImage): ProcessImage['package'] {
    const { file } = image;
    if (process.context.container !== undefined || file.isMemfd || file.isDeleted || file.path === '') {
      return null;
    }
    return this.owners.known(file.path);
  }

  async #learn(
    process: TrackedProcess,
    image: ProcessImage,
    version: FileVersion,
    descriptor: number | undefined,
  ): Promise<void> {
    const { file } = image;
    // A short-lived process is gone before it is opened; on the host its path leads to the same file.
    const onHost = process.context.container === undefined && !file.isMemfd && !file.isDeleted;
    const request = {
      version,
      running: descriptor === undefined ? `/proc/${process.pid}/exe` : `/proc/self/fd/${descriptor}`,
      path: onHost ? file.path : undefined,
    };
    const known = image.package ?? this.#ownerKnown(process, image);
    const [digest, owner] = await Promise.all([
      this.hasher.hash(request),
      known === undefined ? this.owners.ownerOf(file.path) : (known ?? undefined),
    ]);
    if (digest !== undefined) image.sha256 = digest;
    image.package = owner ?? null;
    this.#table.touch(process);
  }
}
