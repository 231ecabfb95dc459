/** A small program that makes the system calls it is told to, and what the sensor saw of it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type KernelRecord,
  type KernelSensor,
  type KernelSensorOptions,
  openKernelSensor,
  records,
} from '../../src/index.ts';

/** What one run of the actor did and what was recorded of it. */
export interface Seen {
  pid: number;
  /** Return value of each call; a negative errno for a failure. */
  results: number[];
  /** Records of the program itself, without fork, exec and exit. */
  records: KernelRecord[];
  /** All records of the process. */
  all: KernelRecord[];
}

function compile(source: string, program: string): void {
  const file = fileURLToPath(new URL(source, import.meta.url));
  execFileSync('cc', ['-O1', '-Wall', '-Werror', '-pthread', '-o', program, file]);
}

/**
 * Why the 32-bit entry cannot be tried here, or false: some kernels are built without it, and some hypervisors do not
 * pass `int 0x80` on, whatever the guest's kernel has.
 */
export function noCompatEntry(): string | false {
  if (process.arch !== 'x64') return `there is none on ${process.arch}`;
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-compat-'));
  try {
    const actor = join(folder, 'actor');
    compile('actor.c', actor);
    const getpid = 'compat:20';
    const { status, signal } = spawnSync(actor, [getpid]);
    return status === 0 ? false : `int 0x80 does not work here (${signal ?? `status ${status}`})`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A folder of its own, the compiled actor in it, and a running sensor. `close()` removes everything. */
export class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), 'redoubt-kernel-'));
  readonly actor = join(this.folder, 'actor');
  readonly sensor: KernelSensor;
  readonly #batches: ArrayBuffer[] = [];

  constructor(options: KernelSensorOptions = {}) {
    try {
      this.compile('actor.c', this.actor);
      this.sensor = openKernelSensor(options);
    } catch (error) {
      rmSync(this.folder, { recursive: true, force: true });
      throw error;
    }
    this.sensor.start(batch => {
      this.#batches.push(batch);
    });
  }

  /** Compiles a C file of this folder. */
  compile(source: string, program: string): void {
    compile(source, program);
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /** Everything recorded since the last call. */
  async take(): Promise<KernelRecord[]> {
    await this.sensor.flush();
    return this.#batches.splice(0).flatMap(batch => [...records(batch)]);
  }

  /** Runs the actor and returns what was recorded of its process. */
  async act(words: readonly string[], options: { cwd?: string; uid?: number } = {}): Promise<Seen> {
    await this.take();
    const run = spawnSync(this.actor, words, { encoding: 'latin1', cwd: this.folder, ...options });
    if (run.status !== 0)
      throw new Error(`actor ${words.join(' ')}: ${run.stderr} ${run.error ?? run.signal ?? ''}`);
    const all = (await this.take()).filter(record => record.pid === run.pid);
    return {
      pid: run.pid,
      results: run.stdout.trim().split('\n').map(Number),
      // Before the exec the process was still the spawning runtime, which changes ids and directory.
      records: all
        .slice(all.findLastIndex(record => record.kind === 'process.exec') + 1)
        .filter(record => record.kind !== 'process.fork' && record.kind !== 'process.exit'),
      all,
    };
  }

  async close(): Promise<void> {
    await this.sensor.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The only element; an error names what there is instead. */
export function only<T>(items: readonly T[], what: string): T {
  const [first] = items;
  if (items.length !== 1 || first === undefined) throw new Error(`${items.length} ${what} instead of one`);
  return first;
}
