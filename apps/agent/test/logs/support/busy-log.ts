/** A log that is written and rotated in every way that logrotate knows. */
import {
  closeSync,
  copyFileSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { gzipSync } from 'node:zlib';

/** Writes numbered lines as nginx does, and rotates. */
export class BusyLog {
  /** Lines so far; the next has this number. */
  written = 0;
  readonly path: string;
  #file: number;
  #rotations = 0;

  constructor(path: string) {
    this.path = path;
    this.#file = openSync(path, 'a');
  }

  /** Appends lines whose path carries their number. */
  write(count: number): void {
    let text = '';
    for (let index = 0; index < count; index += 1) {
      const at = new Date().toISOString().replace(/\.\d+Z/, '+00:00');
      text += `192.0.2.7 - - [${clfTime(at)}] "GET /page/${this.written} HTTP/1.1" 200 612 "-" "test"\n`;
      this.written += 1;
    }
    writeSync(this.#file, text);
  }

  /** Rotates: renamed, renamed and compressed, or copied and truncated, in turn. */
  rotate(): void {
    this.#rotations += 1;
    const target = `${this.path}.${this.#rotations}`;
    const way = this.#rotations % 3;
    if (way === 0) {
      copyFileSync(this.path, target);
      ftruncateSync(this.#file, 0);
      return;
    }
    renameSync(this.path, target);
    closeSync(this.#file);
    this.#file = openSync(this.path, 'a');
    if (way === 1) return;
    writeFileSync(`${target}.gz`, gzipSync(readFileSync(target), { level: 1 }));
    rmSync(target);
  }

  close(): void {
    closeSync(this.#file);
  }
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The time of access logs, `23/Nov/2026:10:15:02 +0000`, of an ISO 8601 time in UTC. */
export function clfTime(iso: string): string {
  const [, year, month, day, clock] = /^(\d+)-(\d+)-(\d+)T([\d:]{8})/.exec(iso) ?? [];
  return `${day}/${months[Number(month) - 1]}/${year}:${clock} +0000`;
}
