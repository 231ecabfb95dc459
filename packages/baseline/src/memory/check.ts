/** The check of one process, and of all. */
import { readdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { DpkgOwners, PackageOwners } from '@redoubt/observe';
import { MappedFiles } from './files.ts';
import type { GoldenText } from './golden.ts';
import { checkGolden } from './golden.ts';
import { checkImports } from './imports.ts';
import { checkMatches, type MemoryMatcher } from './match.ts';
import { Modules } from './modules.ts';
import type { Observation } from './observation.ts';
import { LiveProcess, ProcessGone } from './process.ts';
import { checkLibraries, checkProgram, type OwnerLookup } from './programs.ts';
import { checkRegions } from './regions.ts';
import { Runtimes } from './runtimes.ts';
import { checkText } from './text.ts';
import { checkThreads } from './threads.ts';

/** What a check of one process came to. */
export interface ProcessCheck {
  readonly pid: number;
  /** Start in clock ticks since boot: with the pid, its identity. */
  readonly start: number;
  readonly name: string;
  readonly program: string;
  readonly commandLine: string;
  readonly userId: number;
  readonly observations: readonly Observation[];
  /** Bytes of machine code of recognised runtimes, by runtime. */
  readonly recognised: Readonly<Record<string, number>>;
  readonly modules: number;
  /** What was not looked at: files that could not be opened, threads on a processor, memory beyond the bound of a search. */
  readonly unseen: { readonly files: number; readonly threads: number; readonly bytes: number };
  /** How long the check took, milliseconds. */
  readonly duration: number;
}

/** How a check is run. */
export interface CheckOptions {
  readonly root?: string;
  readonly golden?: GoldenText;
  /** Searches the memory of processes, apart from this one. */
  readonly match?: MemoryMatcher;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
  /** Rest between two processes, milliseconds: for checks in the background. */
  readonly pace?: number;
}

/** How long after a first finding the process is looked at again, milliseconds: what was under way is over then. */
const secondLook = 40;
/** The check itself holds what it searches for. */
const ownPid = process.pid;

/** Owners of files, in the host's or in a container's own package database. */
class Owners {
  readonly #host = new PackageOwners();
  readonly #others = new Map<string, DpkgOwners>();
  readonly #hostMounts: string | undefined;

  constructor(root: string) {
    this.#hostMounts = new LiveProcess(1, root).link('ns/mnt');
  }

  of(process: LiveProcess): OwnerLookup {
    const mounts = process.link('ns/mnt');
    const foreign =
      process.link('root') !== '/' ||
      (mounts !== undefined && mounts !== this.#hostMounts && this.#isContainer(process));
    if (!foreign) return async path => (await this.#host.ownerOf(path)) ?? null;
    const key = mounts ?? String(process.pid);
    let owners = this.#others.get(key);
    if (owners === undefined) {
      if (this.#others.size >= 16) this.#others.clear();
      owners = new DpkgOwners(process.path('root'));
      this.#others.set(key, owners);
    }
    const known = owners;
    return async path => (await known.ownerOf(path)) ?? null;
  }

  /** Services of systemd have mount namespaces of their own over the host's files. */
  #isContainer(process: LiveProcess): boolean {
    return (
      !/0::\/(?:system|user|init)[.\w-]*(?:slice|scope)?/.test(process.text('cgroup') ?? '') ||
      /docker|containerd|libpod|kubepods|lxc/.test(process.text('cgroup') ?? '')
    );
  }
}

function startOf(process: LiveProcess): number | undefined {
  const stat = process.text('stat');
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[19]);
}

/** Checks processes; what it learns of files serves all of them. `close` it. */
export class MemoryChecker {
  readonly #files = new MappedFiles();
  readonly #owners: Owners;
  readonly #options: CheckOptions;
  readonly #root: string;

  constructor(options: CheckOptions = {}) {
    this.#options = options;
    this.#root = options.root ?? '/proc';
    this.#owners = new Owners(this.#root);
  }

  /**
   * Checks one process without stopping it. What is found is looked at a second time, so that a library that is being
   * loaded just now, or a process that ends, gives no finding.
   * @throws ProcessGone when it cannot be read: it has ended, or it takes root
   */
  async check(pid: number): Promise<ProcessCheck | undefined> {
    const first = await this.#once(pid);
    if (first === undefined || first.observations.length === 0) return first;
    await wait(secondLook);
    let second: ProcessCheck | undefined;
    try {
      second = await this.#once(pid);
    } catch (error) {
      if (!(error instanceof ProcessGone)) throw error;
    }
    if (second?.start !== first.start) return undefined;
    const before = new Set(first.observations.map(one => `${one.kind} ${one.subject}`));
    const duration = first.duration + second.duration;
    return {
      ...second,
      duration,
      observations: second.observations.filter(one => before.has(`${one.kind} ${one.subject}`)),
    };
  }

  async #once(pid: number): Promise<ProcessCheck | undefined> {
    const process = new LiveProcess(pid, this.#root);
    const begun = performance.now();
    try {
      const start = startOf(process);
      if (start === undefined) throw new ProcessGone(`there is no process ${pid}`);
      const { mappings } = process;
      const link = process.link('exe');
      if (mappings.length === 0 || link === undefined) return undefined; // a kernel thread, or one that is ending
      const modules = new Modules(process, this.#files);
      const runtimes = new Runtimes(modules);
      const regions = checkRegions(process, modules, runtimes);
      const owner = this.#owners.of(process);
      const observations: Observation[] = [
        ...(await checkProgram(process, owner)),
        ...modules.list.flatMap(module => checkText(process, module) ?? []),
        ...modules.list.flatMap(module => checkImports(process, modules, module)),
        ...regions.observations,
        ...(await checkLibraries(process, modules, owner)),
        ...(this.#options.golden === undefined ? [] : checkGolden(modules, this.#options.golden)),
      ];
      const { match } = this.#options;
      const matches = match === undefined || pid === ownPid ? undefined : await checkMatches(process, match);
      observations.push(...(matches?.observations ?? []));
      const threads = checkThreads(process, modules, regions.unexplained);
      observations.push(...threads.observations);
      if (startOf(process) !== start || process.link('exe') !== link) return undefined; // another program by now
      return {
        pid,
        start,
        name: (process.text('comm') ?? '').trimEnd(),
        program: link,
        commandLine: (process.text('cmdline') ?? '').replaceAll('\0', ' ').trimEnd().slice(0, 4096),
        userId: Number(/^Uid:\s+(\d+)/m.exec(process.text('status') ?? '')?.[1] ?? 0),
        observations: distinct(observations),
        recognised: regions.recognised,
        modules: modules.list.length,
        unseen: { files: modules.unopened.length, threads: threads.unseen, bytes: matches?.unsearched ?? 0 },
        duration: performance.now() - begun,
      };
    } finally {
      process.close();
    }
  }

  /**
   * Checks processes one after the other, and gives each as it is done. Those that end meanwhile are passed over.
   * @param pids all of the machine's when undefined
   */
  async *checkAll(pids?: readonly number[]): AsyncGenerator<ProcessCheck> {
    const { signal, onProgress, pace = 0 } = this.#options;
    const list = pids ?? processes(this.#root);
    for (const [index, pid] of list.entries()) {
      if (signal?.aborted) return;
      onProgress?.(index, list.length);
      try {
        const result = await this.check(pid);
        if (result !== undefined) yield result;
      } catch (error) {
        if (!(error instanceof ProcessGone)) throw error;
      }
      await wait(pace);
    }
    onProgress?.(list.length, list.length);
  }

  close(): void {
    this.#files.close();
  }
}

/** The processes of the machine, in ascending order. */
export function processes(root = '/proc'): number[] {
  return readdirSync(root)
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .toSorted((one, other) => one - other);
}

/** One of each kind and subject: the first. */
function distinct(observations: readonly Observation[]): Observation[] {
  const byKey = new Map<string, Observation>();
  for (const one of observations) {
    const key = `${one.kind} ${one.subject}`;
    if (!byKey.has(key)) byKey.set(key, one);
  }
  return [...byKey.values()];
}
