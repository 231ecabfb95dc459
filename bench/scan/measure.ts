/** The measurements: the same files, the same rules, one scanner after the other, the page cache warm. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ended } from '../lib/command.ts';
import { describeMachine, type Machine } from '../lib/machine.ts';
import { ensurePackages } from '../lib/packages.ts';
import { memoryOf, processTree } from '../lib/process-usage.ts';
import { makeWorkplace, repository } from '../lib/workplace.ts';
import { ClamdOfBench } from './clamd.ts';

/** One scanner over one set of files. */
export interface Run {
  readonly name: string;
  readonly seconds: number;
  readonly filesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Largest resident set of its processes, bytes; with that of clamd, where clamd works for it. */
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
  /** Has a clamd that has just begun work for it: one that went over the same files before knows them again. */
  readonly clamd?: ClamdOfBench;
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
    { name: nameOf('yara'), words: ['yara', '-w', '-N', '-r', '-p', threads, ruleFile, path] },
  ]);

  const database = join(folder, 'database');
  mkdirSync(database);
  const digest = createHash('md5').update('redoubt bench scan').digest('hex');
  writeFileSync(join(database, 'bench.hdb'), `${digest}:18:Redoubt.Bench\n`);
  const byClamav = await besideClamd(clamavPath, { folder, database, threads, rounds, onRun, redoubt });

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
    for (const [index, { name, words, clamd }] of scanners.entries()) {
      const once = clamd === undefined ? await timed(words) : await clamd.during(pid => timed(words, pid));
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

/**
 * Runs a command to its end. Findings (1) and unreadable files (2, 3) are answers; a command that is missing is not.
 * @param helper process that works for it and is not its own
 */
async function timed(
  words: readonly string[],
  helper?: number,
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
    peakRss = Math.max(peakRss, memoryOf(helper === undefined ? pids : [...pids, helper]).rss);
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

/** ClamAV's engine through a clamd that runs, asked by Redoubt and by clamdscan alike, and in clamscan. */
async function besideClamd(
  path: string,
  {
    folder,
    database,
    threads,
    rounds,
    onRun,
    redoubt,
  }: Pick<ScanBenchOptions, 'rounds' | 'onRun'> & {
    folder: string;
    database: string;
    threads: string;
    redoubt: (...words: string[]) => string[];
  },
): Promise<Group> {
  const clamd = new ClamdOfBench(folder, database, threads);
  const { configuration } = clamd;
  const limits = ['--max-filesize=2000M', '--max-scansize=2000M'];
  return await beside(path, rounds, onRun, [
    {
      name: 'redoubt',
      words: redoubt('--no-cache', '--engines', 'clamav', '--clamd-config', configuration, path),
      clamd,
    },
    {
      name: nameOf('clamscan'),
      words: ['clamscan', '-r', '--quiet', '-i', '--no-summary', '-d', database, ...limits, path],
    },
    {
      name: nameOf('clamdscan', 'clamd'),
      words: [
        'clamdscan',
        '--config-file',
        configuration,
        '--fdpass',
        '--multiscan',
        '--quiet',
        '--no-summary',
        path,
      ],
      clamd,
    },
  ]);
}

/** `yara 4.2.3`. @param told program that tells the version */
function nameOf(program: string, told = program): string {
  const [version = ''] = /\d+(\.\d+)+/.exec(execFileSync(told, ['--version'], { encoding: 'utf8' })) ?? [];
  return `${program} ${version}`;
}
