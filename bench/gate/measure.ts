/** What the gate adds to an execution: on a tmpfs of its own, by a process that is no child of the gate's owner. */
import { execFileSync, spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
  utimesSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  CatalogStore,
  GoldenPrograms,
  judgeProgram,
  OwnPrograms,
  PackageDigests,
  parseAppControl,
} from '@redoubt/act/app-control';
import { ExecGate, type GateCounters } from '@redoubt/kernel';
import { onCleanup } from '../lib/cleanup.ts';
import { describeMachine, type Machine } from '../lib/machine.ts';
import { percentile } from '../lib/statistics.ts';
import { buildPrograms, programs } from '../lib/workplace.ts';

/** Microseconds of one execution, from its call to its end. */
export interface Latency {
  readonly runs: number;
  readonly p50: number;
  readonly p99: number;
}

/** Result of `bench gate`. */
export interface GateResult {
  readonly machine: Machine;
  readonly off: Latency;
  readonly cached: Latency;
  readonly uncached: Latency;
  /** Seconds of the storm, one pair a round. */
  readonly storm: { readonly execs: number; readonly off: number[]; readonly on: number[] };
  readonly counters: GateCounters;
}

/** A verdict is remembered once a file's times are older than this, milliseconds. */
const settled = 2_200;

export interface GateOptions {
  readonly runs: number;
  readonly fresh: number;
  readonly rounds: number;
}

/** Measures. Needs root. */
export async function measureGate({ runs, fresh, rounds }: GateOptions): Promise<GateResult> {
  await buildPrograms();
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-bench-gate-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1g', 'redoubt-bench', folder]);
  const unmount = onCleanup(() => {
    execFileSync('umount', ['-l', folder]);
    rmdirSync(folder);
  });
  const place = (name: string): string => {
    const path = join(folder, name);
    copyFileSync(join(programs, 'nothing'), path);
    utimesSync(path, 1, 1);
    return path;
  };
  const one = place('one');
  mkdirSync(join(folder, 'fresh'));
  const many = Array.from({ length: fresh }, (_, at) => place(`fresh/${at}`));
  await pause(settled);
  const off: number[] = [];
  const cached: number[] = [];
  const each = Math.ceil(runs / rounds);
  const storm = { execs: each * 2, off: [] as number[], on: [] as number[] };
  let uncached: number[] = [];
  let counters: GateCounters | undefined;
  const withoutGate = async (): Promise<void> => {
    off.push(...(await latencies(folder, each, [one])));
    storm.off.push(await storming(folder, storm.execs, one));
  };
  const withGate = async (): Promise<void> => {
    const gate = openGate(folder);
    try {
      if (uncached.length === 0) uncached = await latencies(folder, fresh, many);
      await latencies(folder, 10, [one]);
      cached.push(...(await latencies(folder, each, [one])));
      storm.on.push(await storming(folder, storm.execs, one));
      counters = gate.counters();
    } finally {
      gate.close();
    }
  };
  try {
    // Both ways in turn, and each first in turn, so that what drifts on the machine weighs on both alike.
    for (let round = 0; round < rounds; round++)
      for (const work of round % 2 === 0 ? [withoutGate, withGate] : [withGate, withoutGate]) await work();
    if (counters === undefined) throw new Error('no round was measured');
    return {
      machine: describeMachine(),
      off: latencyOf(off),
      cached: latencyOf(cached),
      uncached: latencyOf(uncached),
      storm,
      counters,
    };
  } finally {
    await unmount();
  }
}

/** The gate as application control opens it, with the judge of application control. */
function openGate(folder: string): ExecGate {
  const settings = parseAppControl({ rules: [{ action: 'allow', path: folder }] });
  const sources = {
    packages: new PackageDigests(),
    catalogs: new CatalogStore(join(folder, 'catalogs')),
    golden: new GoldenPrograms(join(folder, 'baseline')),
    own: new OwnPrograms([]),
  };
  const gate = ExecGate.open({
    async judge({ fd, path }) {
      const { allow, isStable } = await judgeProgram(fd, path, settings, sources);
      return { allow, remember: isStable };
    },
    onEvent: () => undefined,
    covers: ({ point }) => point === folder,
  });
  gate.enforce(true);
  return gate;
}

function latencyOf(times: readonly number[]): Latency {
  return { runs: times.length, p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}

/** Microseconds of each of so many executions. */
async function latencies(folder: string, count: number, files: readonly string[]): Promise<number[]> {
  const text = await strangers(folder, join(programs, 'exec-times'), [String(count), ...files]);
  const times = text.trim().split('\n').map(Number);
  if (times.length !== count) throw new Error(`${count} executions gave ${times.length} times`);
  return times;
}

async function storming(folder: string, count: number, file: string): Promise<number> {
  return Number(await strangers(folder, join(programs, 'exec-storm'), [file, String(count)]));
}

/** Runs a program away from us, whose children the gate lets through unasked, and gives what it printed. */
async function strangers(folder: string, program: string, words: readonly string[]): Promise<string> {
  const [output, done] = [join(folder, 'output'), join(folder, 'done')];
  rmSync(done, { force: true });
  const script = 'out=$1 done=$2; shift 2; sleep 0.2; "$@" >"$out" 2>&1; echo $? >"$done"';
  spawn('setsid', ['-f', 'sh', '-c', script, 'sh', output, done, program, ...words], { stdio: 'ignore' });
  while (!existsSync(done) || readFileSync(done, 'utf8') === '') await pause(20);
  const text = readFileSync(output, 'utf8');
  if (readFileSync(done, 'utf8').trim() !== '0') throw new Error(`${program} failed: ${text}`);
  return text;
}
