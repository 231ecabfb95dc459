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
  readonly rescan: {
    readonly path: string;
    readonly files: number;
    readonly bytes: number;
    readonly firstSeconds: number;
    readonly againSeconds: number;
  };
}

/** What is measured. */
export interface ScanBenchOptions {
  readonly path: string;
  readonly clamavPath: string;
  readonly rescanPath: string;
  /** Told of each run as it ends. */
  readonly onRun: (name: string, seconds: number) => void;
  readonly rounds: number;
}

const rules = join(repository, 'content/yara');
const launcher = join(repository, 'redoubt');
const lookMilliseconds = 100;

/** A scanner's command. */
interface Scanner {
  readonly name: string;
  readonly words: readonly string[];
  /** Processes that work for it and are not its own. */
  readonly also?: readonly number[];
}

/** Measures. */
export async function measureScan(options: ScanBenchOptions): Promise<ScanResult> {
  const { path, clamavPath, rescanPath, rounds, onRun } = options;
  await ensurePackages(['yara', 'clamav', 'clamav-daemon', 'clamdscan']);
  const { folder } = makeWorkplace('scan');
  const threads = String(availableParallelism());
  const state = join(folder, 'state');
  const redoubt = (...words: string[]): string[] => [launcher, 'scan', '--state', state, '--json', ...words];
  const machine = describeMachine();
  await timed(redoubt('--engines', 'yara-x', '--no-cache', rules)); // what is to be set up is set up now

  const ruleFile = join(folder, 'all.yar');
  const sources = readdirSync(rules).map(file => readFileSync(join(rules, file), 'utf8'));
  writeFileSync(ruleFile, sources.join('\n'));
  const byRules = await beside(path, rounds, onRun, [
    { name: 'redoubt', words: redoubt('--no-cache', '--no-containers', '--engines', 'yara-x', path) },
    { name: 'yara', words: ['yara', '-w', '-N', '-r', '-p', threads, ruleFile, path] },
  ]);

  const database = join(folder, 'database');
  mkdirSync(database);
  const digest = createHash('md5').update('redoubt bench scan').digest('hex');
  writeFileSync(join(database, 'bench.hdb'), `${digest}:18:Redoubt.Bench\n`);
  const ours = ['--no-cache', '--engines', 'clamav', '--clamav-database', database];
  const theirs = ['-r', '--quiet', '-i', '--no-summary', '-d', database];
  const byClamav = await withClamd(folder, database, threads, clamd =>
    beside(clamavPath, rounds, onRun, [
      { name: 'redoubt', words: redoubt(...ours, clamavPath) },
      {
        name: 'clamscan',
        words: ['clamscan', ...theirs, '--max-filesize=2000M', '--max-scansize=2000M', clamavPath],
      },
      { ...clamd, words: [...clamd.words, clamavPath] },
    ]),
  );

  const all = redoubt('--no-clamav', rescanPath);
  const first = await timed(all);
  let again = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) again = Math.min(again, (await timed(all)).seconds);
  return {
    machine,
    rules: byRules,
    clamav: byClamav,
    rescan: { path: rescanPath, ...countsOf(first.output), firstSeconds: first.seconds, againSeconds: again },
  };
}

interface Counts {
  readonly files: number;
  readonly bytes: number;
}

function countsOf(output: string): Counts {
  const { summary } = JSON.parse(output) as { summary: Counts };
  return { files: summary.files, bytes: summary.bytes };
}

/** Scanners in turn, so that what the machine does besides meets all of them alike; the best round of each counts. */
async function beside(
  path: string,
  rounds: number,
  onRun: ScanBenchOptions['onRun'],
  scanners: readonly Scanner[],
): Promise<Group> {
  const seconds = scanners.map(() => Number.POSITIVE_INFINITY);
  const peaks = scanners.map(() => 0);
  let counts: Counts | undefined;
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { name, words, also }] of scanners.entries()) {
      const once = await timed(words, also);
      counts ??= countsOf(once.output);
      seconds[index] = Math.min(seconds[index] ?? Number.POSITIVE_INFINITY, once.seconds);
      peaks[index] = Math.max(peaks[index] ?? 0, once.peakRss);
      onRun(name, once.seconds);
    }
  }
  const { files, bytes } = counts ?? { files: 0, bytes: 0 };
  const runs = scanners.map(({ name }, index) => {
    const best = seconds[index] ?? Number.POSITIVE_INFINITY;
    return {
      name,
      seconds: best,
      filesPerSecond: files / best,
      bytesPerSecond: bytes / best,
      peakRss: peaks[index] ?? 0,
    };
  });
  return { path, files, bytes, runs };
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

/** Runs a clamd for clamdscan meanwhile. */
async function withClamd<T>(
  folder: string,
  database: string,
  threads: string,
  work: (clamdscan: Scanner) => Promise<T>,
): Promise<T> {
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
  const client = ['clamdscan', '--config-file', configuration];
  try {
    await timed([...client, '--ping', '60:1']);
    const words = [...client, '--fdpass', '--multiscan', '--quiet', '--no-summary'];
    return await work({ name: 'clamdscan', words, also: daemon.pid === undefined ? [] : [daemon.pid] });
  } finally {
    await stop();
  }
}
