/** The measurements: the same files, the same rules, one scanner after the other, the page cache warm. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { onCleanup } from '../lib/cleanup.ts';
import { ended } from '../lib/command.ts';
import { describeMachine, type Machine } from '../lib/machine.ts';
import { ensurePackages } from '../lib/packages.ts';
import { memoryOf, processTree } from '../lib/process-usage.ts';
import { makeWorkplace, repository } from '../lib/workplace.ts';

/** One scanner over one set of files. */
export interface Run {
  readonly name: string;
  readonly seconds: number;
  readonly filesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Largest resident set of its processes, bytes; for clamdscan, with clamd. */
  readonly peakRss: number;
}

/** A set of files and the scanners that went over it. */
export interface Group {
  readonly path: string;
  readonly files: number;
  readonly bytes: number;
  readonly runs: readonly Run[];
}

/** Everything that was measured. */
export interface ScanResult {
  readonly machine: Machine;
  readonly rules: Group;
  readonly clamav: Group;
  readonly rescan: { readonly path: string; readonly firstSeconds: number; readonly againSeconds: number };
}

/** What is measured. */
export interface ScanBenchOptions {
  readonly path: string;
  readonly clamavPath: string;
  readonly rescanPath: string;
  /** Told of each run as it ends. */
  readonly onRun: (run: Run) => void;
  readonly rounds: number;
}

const rules = join(repository, 'content/yara');
const launcher = join(repository, 'redoubt');
const lookMilliseconds = 100;

/** Measures. */
export async function measureScan(options: ScanBenchOptions): Promise<ScanResult> {
  const { path, clamavPath, rescanPath, rounds, onRun } = options;
  const best = async (...of: Parameters<typeof bestOf>): Promise<Run> => {
    const run = await bestOf(...of);
    onRun(run);
    return run;
  };
  await ensurePackages(['yara', 'clamav', 'clamav-daemon', 'clamdscan']);
  const { folder } = makeWorkplace('scan');
  const threads = String(availableParallelism());
  const state = join(folder, 'state');
  const redoubt = (...words: string[]): string[] => [
    launcher,
    'scan',
    '--state',
    state,
    '--json',
    ...words,
  ];
  const machine = describeMachine();
  // A first time for the page cache, and for the counts.
  const counted = await redoubtCounts(redoubt('--no-cache', '--no-containers', '--engines', 'yara-x', path));

  const ruleFile = join(folder, 'all.yar');
  const sources = readdirSync(rules).map(file => readFileSync(join(rules, file), 'utf8'));
  writeFileSync(ruleFile, sources.join('\n'));
  const ruleRuns = [
    await best(
      'redoubt',
      redoubt('--no-cache', '--no-containers', '--engines', 'yara-x', path),
      counted,
      rounds,
    ),
    await best('yara', ['yara', '-w', '-N', '-r', '-p', threads, ruleFile, path], counted, rounds),
  ];

  const database = join(folder, 'database');
  mkdirSync(database);
  const digest = createHash('md5').update('redoubt bench scan').digest('hex');
  writeFileSync(join(database, 'bench.hdb'), `${digest}:18:Redoubt.Bench\n`);
  const clamavCounted = await redoubtCounts(
    redoubt('--no-cache', '--no-containers', '--engines', 'yara-x', clamavPath),
  );
  const clamavRuns = [
    await best(
      'redoubt',
      redoubt('--no-cache', '--engines', 'clamav', '--clamav-database', database, clamavPath),
      clamavCounted,
      rounds,
    ),
    await best(
      'clamscan',
      [
        'clamscan',
        '-r',
        '--quiet',
        '-i',
        '--no-summary',
        '-d',
        database,
        '--max-filesize=2000M',
        '--max-scansize=2000M',
        clamavPath,
      ],
      clamavCounted,
      rounds,
    ),
    await clamdscan(best, folder, database, clamavPath, clamavCounted, rounds, threads),
  ];

  const all = redoubt('--no-clamav', rescanPath);
  const first = await timed(all);
  let again = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) again = Math.min(again, (await timed(all)).seconds);
  return {
    machine,
    rules: { path, ...counted, runs: ruleRuns },
    clamav: { path: clamavPath, ...clamavCounted, runs: clamavRuns },
    rescan: { path: rescanPath, firstSeconds: first.seconds, againSeconds: again },
  };
}

interface Counts {
  readonly files: number;
  readonly bytes: number;
}

async function redoubtCounts(words: readonly string[]): Promise<Counts> {
  const { output } = await timed(words);
  const { summary } = JSON.parse(output) as { summary: Counts };
  return { files: summary.files, bytes: summary.bytes };
}

async function bestOf(
  name: string,
  words: readonly string[],
  counts: Counts,
  rounds: number,
  also: readonly number[] = [],
): Promise<Run> {
  let seconds = Number.POSITIVE_INFINITY;
  let peakRss = 0;
  for (let round = 0; round < rounds; round += 1) {
    const once = await timed(words, also);
    seconds = Math.min(seconds, once.seconds);
    peakRss = Math.max(peakRss, once.peakRss);
  }
  return {
    name,
    seconds,
    filesPerSecond: counts.files / seconds,
    bytesPerSecond: counts.bytes / seconds,
    peakRss,
  };
}

/** Runs a command to its end. Findings (1) and unreadable files (2, 3) are answers; a command that is missing is not. */
async function timed(
  words: readonly string[],
  also: readonly number[] = [],
): Promise<{ seconds: number; peakRss: number; output: string }> {
  const [program = '', ...rest] = words;
  const begun = performance.now();
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'ignore'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  let peakRss = 0;
  const timer = setInterval(() => {
    const pids = child.pid === undefined ? [] : processTree(child.pid);
    peakRss = Math.max(peakRss, memoryOf([...pids, ...also]).rss);
  }, lookMilliseconds);
  const closed = new Promise(resolve => child.once('close', resolve));
  try {
    const status = await ended(child);
    await closed;
    if (status > 3) throw new Error(`${words.join(' ')} ended with ${status}`);
    return { seconds: (performance.now() - begun) / 1_000, peakRss, output };
  } finally {
    clearInterval(timer);
  }
}

async function clamdscan(
  best: typeof bestOf,
  folder: string,
  database: string,
  path: string,
  counts: Counts,
  rounds: number,
  threads: string,
): Promise<Run> {
  const configuration = join(folder, 'clamd.conf');
  const socket = join(folder, 'clamd.sock');
  writeFileSync(
    configuration,
    `LocalSocket ${socket}\nDatabaseDirectory ${database}\nForeground yes\nMaxThreads ${threads}\nMaxFileSize 2000M\nMaxScanSize 2000M\n`,
  );
  const daemon = spawn('clamd', ['--config-file', configuration], { stdio: 'ignore' });
  const stop = onCleanup(async () => {
    daemon.kill('SIGTERM');
    await ended(daemon);
  });
  try {
    await timed(['clamdscan', '--config-file', configuration, '--ping', '60:1']);
    const words = [
      'clamdscan',
      '--config-file',
      configuration,
      '--fdpass',
      '--multiscan',
      '--quiet',
      '--no-summary',
      path,
    ];
    return await best('clamdscan', words, counts, rounds, daemon.pid === undefined ? [] : [daemon.pid]);
  } finally {
    await stop();
  }
}
