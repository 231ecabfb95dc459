/** Checking the memory of every process: how long it takes, what it finds on clean services, and whom it holds up. */
import { type ChildProcess, spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessCheck } from '../../packages/baseline/src/memory/index.ts';
import { onCleanup } from '../lib/cleanup.ts';
import { ended, outcome } from '../lib/command.ts';
import { freePort, untilListening } from '../lib/network.ts';
import { ensurePackages } from '../lib/packages.ts';
import { buildPrograms, makeWorkplace, programs, repository } from '../lib/workplace.ts';
import { prepareNginx, startNginx } from '../workload/nginx.ts';
import { makeCluster } from '../workload/postgres.ts';

/** Checks of the whole machine, each beside as much time without one. */
const rounds = 5;

const cli = join(repository, 'apps/cli/src/main.ts');

/** What one process noticed: the longest time that it was held up, and how often for 10 ms or longer. */
export interface Pauses {
  /** Milliseconds. */
  longest: number[];
  /** 10 ms or longer. */
  long: number;
}

/** What was measured of memory. */
export interface MemoryResult {
  /** Processes that were checked, the last time. */
  processes: number;
  /** Of a check of the whole machine, seconds each, without the start of the command. */
  seconds: number[];
  /** Titles of what was found in the services and programs that were started for this. */
  found: string[];
  /** Of a busy process: without a check, while checks run, and while a program runs that touches its own memory only. */
  alone: Pauses;
  beside: Pauses;
  control: Pauses;
}

/** Starts what servers run. @returns whether a process belongs to it, in which whatever is found is a false alarm */
async function startServices(folder: string): Promise<(one: ProcessCheck) => boolean> {
  await startNginx(folder, await prepareNginx(folder));
  await (await makeCluster(folder)).start();
  const port = await freePort();
  const work =
    'const o = {}; for (let i = 0; i < 1e6; i++) o[i % 99] = String(i); setInterval(() => {}, 1e6)';
  const python = 'import asyncio, ctypes, hashlib, json, ssl, time; time.sleep(1e6)';
  const started = [
    spawn('rmiregistry', [String(port)], { stdio: 'ignore' }),
    spawn(process.execPath, ['-e', work], { stdio: 'ignore' }),
    spawn('python3', ['-c', python], { stdio: 'ignore' }),
  ];
  for (const child of started) onCleanup(() => void child.kill('SIGKILL'));
  await untilListening(port);
  await sleep(1_000);
  const pids = new Set(started.map(child => child.pid));
  return ({ pid, program }) => pids.has(pid) || /nginx|postgres|bench\/build\/pause/.test(program);
}

/** Words that keep a program on one processor, apart from another. */
function pinned(processor: number, words: readonly string[]): readonly string[] {
  return availableParallelism() > 1 ? ['taskset', '-c', String(processor), ...words] : words;
}

/** A process that does nothing but look at the time. */
class Busy {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }

  static async start(): Promise<Busy> {
    const [program = '', ...words] = pinned(1, [join(programs, 'pause')]);
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    onCleanup(() => void child.kill('SIGKILL'));
    const busy = new Busy(child);
    await busy.#lines.next();
    return busy;
  }

  /** What it noticed since it was asked before. */
  async ask(into?: Pauses): Promise<void> {
    this.#child.kill('SIGUSR1');
    const { value } = await this.#lines.next();
    const [longest, long] = String(value).split(' ').map(Number);
    into?.longest.push((longest ?? Number.NaN) / 1e6);
    if (into !== undefined) into.long += long ?? 0;
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await ended(this.#child);
  }
}

/** A program of the same runtime and on the same processor as a check, which looks at nobody else's memory. */
async function workApart(milliseconds: number): Promise<void> {
  const work = `const held = [], end = Date.now() + ${milliseconds};
    while (Date.now() < end) {
      held.push(Buffer.alloc(65_536, 1));
      if (held.length > 2_000) held.length = 0;
    }`;
  const [program = '', ...words] = pinned(0, [process.execPath, '-e', work]);
  await outcome(program, words);
}

/** One check of the whole machine. @throws Error with its words when it cannot be done */
async function checkAll(): Promise<{ duration_ms: number; processes: ProcessCheck[] }> {
  const [program = '', ...words] = pinned(0, [process.execPath, cli, 'memory', 'check', '--json']);
  const { status, stdout, stderr } = await outcome(program, words);
  if (status > 1) throw new Error(`memory check ended with ${status}: ${stderr.trim()}`);
  return JSON.parse(stdout);
}

/** Checks the whole machine while nginx, PostgreSQL, Node, Python, a JVM and a busy process run. */
export async function measureMemory(): Promise<MemoryResult> {
  await ensurePackages([
    'nginx',
    'postgresql',
    'default-jre-headless',
    'python3',
    'gcc',
    'libc6-dev',
    'make',
  ]);
  await buildPrograms();
  const { folder, remove } = makeWorkplace('integrity-memory');
  const isOurs = await startServices(folder);
  const busy = await Busy.start();
  const result: MemoryResult = {
    processes: 0,
    seconds: [],
    found: [],
    alone: { longest: [], long: 0 },
    beside: { longest: [], long: 0 },
    control: { longest: [], long: 0 },
  };
  await checkAll(); // reads the programs and the package database into memory
  for (let round = 0; round < rounds; round++) {
    await busy.ask();
    const begun = performance.now();
    const { duration_ms, processes } = await checkAll();
    await busy.ask(result.beside);
    const passed = performance.now() - begun;
    await sleep(passed);
    await busy.ask(result.alone);
    await workApart(passed);
    await busy.ask(result.control);
    result.seconds.push(duration_ms / 1000);
    result.processes = processes.length;
    const found = processes
      .filter(isOurs)
      .flatMap(one => one.observations.map(({ kind, subject }) => `${one.name}: ${kind} ${subject}`));
    result.found = [...new Set([...result.found, ...found])];
  }
  await busy.stop();
  await remove();
  return result;
}
