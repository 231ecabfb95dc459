/** clamd of our own: started when a scan wants ClamAV and none runs, on a private socket, and stopped again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, chownSync, constants, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type ClamdPlace, readClamdConfiguration, usualPlaces } from './clamd-configuration.ts';
import { confined, nobody } from './confined.ts';
import { askClamd } from './engines/clamav.ts';

/** A clamd that answers. */
export interface Clamd extends ClamdPlace {
  /** Ends it if it was started here. */
  stop(): Promise<void>;
}

/** How clamd is found and started. */
export interface ClamdOptions {
  /** Configuration of a clamd that runs already, and is used; without it, those of the usual places. */
  readonly configuration?: string;
  /** Folder of ClamAV's data bases. */
  readonly database?: string;
  /** Scanning threads; one a processor by default: more of them wait for each other. */
  readonly threads?: number;
  /** Milliseconds that loading its data bases may take; the official ones need about 20 seconds. */
  readonly patience?: number;
}

const programs = ['/usr/sbin/clamd', '/usr/local/sbin/clamd', '/usr/bin/clamd'];
const defaultDatabase = '/var/lib/clamav';
const databaseFile = /\.(cvd|cld|cud|hdb|hsb|ndb|ldb|mdb|msb|cdb|db)$/;
const pollMilliseconds = 20;
/** What ours looks at, MiB: just below the most that ClamAV can. */
const ourMost = 2_000;
const mebibyte = 2 ** 20;

/**
 * Finds the clamd of this host, or starts one.
 * @returns undefined when ClamAV is not installed or has no data base
 * @throws Error with clamd's own words when it does not start, or naming what is wrong with the configuration
 */
export async function openClamd(options: ClamdOptions = {}): Promise<Clamd | undefined> {
  const { configuration } = options;
  if (configuration !== undefined) {
    const place = readClamdConfiguration(configuration);
    if (place === undefined) throw new Error(`${configuration} names no LocalSocket`);
    if (!(await answers(place.socket))) throw new Error(`no clamd answers at ${place.socket}`);
    return { ...place, stop: async () => undefined };
  }
  const place = options.database === undefined ? await findClamd() : undefined;
  if (place !== undefined) return { ...place, stop: async () => undefined };
  const program = programs.find(isProgram);
  const database = options.database ?? defaultDatabase;
  if (program === undefined || !hasDatabase(database)) return undefined;
  return await startClamd(program, database, options);
}

/** Where the clamd that runs on this host is reached; undefined when none answers. */
export async function findClamd(): Promise<ClamdPlace | undefined> {
  for (const place of usualPlaces()) if (await answers(place.socket)) return place;
  return undefined;
}

/** Whether a program is clamd, which writes down what it is asked about. @param path of its file */
export function isClamd(path: string): boolean {
  return programs.includes(path);
}

async function startClamd(program: string, database: string, options: ClamdOptions): Promise<Clamd> {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-clamd-'));
  const socket = join(folder, 'clamd.sock');
  const configuration = join(folder, 'clamd.conf');
  writeFileSync(
    configuration,
    configurationOf(folder, socket, database, options.threads ?? availableParallelism()),
  );
  const [command, ...args] = confined([program, '--config-file', configuration]);
  if (command !== program) chownSync(folder, nobody, nobody);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: usualMalloc() });
  let words = '';
  const hear = (text: Buffer): void => {
    words = `${words}${text.toString('utf8')}`.slice(-2_000);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  let failure: Error | undefined;
  child.once('error', error => {
    failure = error;
  });
  const stop = async (): Promise<void> => {
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
  };
  const until = performance.now() + (options.patience ?? 180_000);
  while (!(await answers(socket))) {
    if (failure !== undefined || child.exitCode !== null || performance.now() > until) {
      await stop();
      throw new Error(`clamd does not start: ${failure?.message ?? words.trim()}`);
    }
    await wait(pollMilliseconds);
  }
  return { socket, most: ourMost * mebibyte, stop };
}

/** The environment without what the launcher tells malloc: it keeps Node small, and costs clamd a tenth of its speed. */
function usualMalloc(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('MALLOC_')));
}

function configurationOf(folder: string, socket: string, database: string, threads: number): string {
  const lines = [
    `LocalSocket ${socket}`,
    'LocalSocketMode 600',
    `DatabaseDirectory ${database}`,
    `TemporaryDirectory ${folder}`,
    'Foreground yes',
    `MaxThreads ${threads}`,
    `StreamMaxLength ${ourMost}M`,
    `MaxScanSize ${ourMost}M`,
    `MaxFileSize ${ourMost}M`,
    'SelfCheck 0',
    'ConcurrentDatabaseReload no',
  ];
  return `${lines.join('\n')}\n`;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exit = new Promise(resolve => child.once('exit', resolve));
  child.kill('SIGTERM');
  const forced = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await exit;
  clearTimeout(forced);
}

async function answers(socket: string): Promise<boolean> {
  try {
    return (await askClamd(socket, [Buffer.from('zPING\0')])) === 'PONG';
  } catch {
    return false;
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function hasDatabase(folder: string): boolean {
  try {
    return readdirSync(folder).some(name => databaseFile.test(name));
  } catch {
    return false;
  }
}
