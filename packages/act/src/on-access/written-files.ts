/**
 * Files that were written and wait to be scanned. A file that is written again while it waits is scanned once. Beyond
 * a bound only paths are kept, and beyond a further bound what is missed is counted, so that it can be looked for.
 */
import { closeSync } from 'node:fs';
import { contentKey, openContent } from './files.ts';

/** A file that waits, held open so that it is scanned even if it is renamed, unlinked or in a container. */
export interface WaitingFile<Writer> {
  readonly fd: number;
  readonly path: string;
  /** Undefined for a file of which only the path had been kept. */
  readonly writer: Writer | undefined;
}

/** What has become of written files. */
export interface WrittenCounters {
  /** Told by the kernel. */
  readonly told: number;
  readonly scanned: number;
  /** Written again before they were scanned. */
  readonly joined: number;
  /** Of which only the path was kept, because too many were open. */
  readonly overflowed: number;
  /** Of which nothing could be kept. */
  readonly missed: number;
  /** Waiting now. */
  readonly waiting: number;
}

/** How the queue works. */
export interface WrittenFilesOptions<Writer> {
  /** Scans one and never rejects; the descriptor is closed when it has settled. */
  readonly scan: (file: WaitingFile<Writer>) => Promise<void>;
  /** Told when something was missed. */
  readonly onMissed: () => void;
  /** Files held open at most. */
  readonly open?: number;
  /** Paths kept beyond them at most. */
  readonly paths?: number;
}

interface Held<Writer> extends WaitingFile<Writer> {
  readonly key: string;
  readonly first: number;
  due: number;
}

const defaultOpen = 256;
const defaultPaths = 10_000;
/** A file is left alone so long after a change, milliseconds: what follows at once is taken together. */
const restMilliseconds = 100;
/** But never longer than this. */
const mostRest = 2_000;
export class WrittenFiles<Writer> {
  readonly #options: WrittenFilesOptions<Writer>;
  readonly #held = new Map<string, Held<Writer>>();
  readonly #paths = new Set<string>();
  readonly #counts = { told: 0, scanned: 0, joined: 0, overflowed: 0, missed: 0 };
  #timer: NodeJS.Timeout | undefined;
  #isScanning = false;
  #isClosed = false;

  constructor(options: WrittenFilesOptions<Writer>) {
    this.#options = options;
  }

  counters(): WrittenCounters {
    return { ...this.#counts, waiting: this.#held.size + this.#paths.size };
  }

  /** Takes a file that was written, and its descriptor. */
  add(fd: number, path: string, writer: Writer, now = performance.now()): void {
    this.#counts.told += 1;
    const key = this.#isClosed ? undefined : contentKey(fd);
    if (key === undefined) {
      closeSync(fd);
      return;
    }
    const held = this.#held.get(key);
    if (held !== undefined) {
      closeSync(fd);
      this.#counts.joined += 1;
      held.due = Math.min(now + restMilliseconds, held.first + mostRest);
    } else if (this.#held.size < (this.#options.open ?? defaultOpen)) {
      this.#held.set(key, { key, fd, path, writer, first: now, due: now + restMilliseconds });
    } else {
      closeSync(fd);
      this.#counts.overflowed += 1;
      this.addPath(path);
    }
    this.#plan();
  }

  /** Takes a file of which only the path is kept; it is scanned once nothing else waits. */
  addPath(path: string): void {
    if (this.#paths.has(path) || this.#paths.size < (this.#options.paths ?? defaultPaths))
      this.#paths.add(path);
    else {
      this.#counts.missed += 1;
      this.#options.onMissed();
    }
    this.#plan();
  }

  /** Lets go of everything; what waits is scanned by nobody. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const { fd } of this.#held.values()) closeSync(fd);
    this.#held.clear();
    this.#paths.clear();
  }

  #plan(): void {
    if (this.#timer !== undefined || this.#isScanning || this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#scanDue();
    }, restMilliseconds).unref();
  }

  async #scanDue(): Promise<void> {
    this.#isScanning = true;
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      try {
        await this.#options.scan(next);
        this.#counts.scanned += 1;
      } finally {
        closeSync(next.fd);
      }
    }
    this.#isScanning = false;
    if (this.#held.size > 0 || this.#paths.size > 0) this.#plan();
  }

  /** Takes out a file whose time has come; once none is held, one of which only the path is known. */
  #next(now = performance.now()): WaitingFile<Writer> | undefined {
    for (const held of this.#held.values()) {
      if (held.due > now) continue;
      this.#held.delete(held.key);
      return held;
    }
    if (this.#held.size > 0) return undefined;
    for (const path of this.#paths) {
      this.#paths.delete(path);
      const fd = openContent(path);
      if (fd !== undefined) return { fd, path, writer: undefined };
    }
    return undefined;
  }
}
