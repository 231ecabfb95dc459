/** Running programs and waiting for them. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a program left behind. */
export interface Outcome {
  /** Exit status, or 128 + signal number. */
  status: number;
  stdout: string;
  stderr: string;
}

const signalNumbers: Record<string, number> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** Waits for a program that runs. Resolves at once for one that has ended. */
export async function ended(child: ChildProcess): Promise<number> {
  if (child.exitCode === null && child.signalCode === null) {
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => resolve());
      child.once('error', reject);
    });
  }
  return child.exitCode ?? 128 + (signalNumbers[child.signalCode ?? ''] ?? 0);
}

/** Runs a program to its end and returns what it wrote, whatever its exit status. */
export async function outcome(
  program: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<Outcome> {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const texts = ['', ''];
  for (const [i, stream] of [child.stdout, child.stderr].entries()) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      texts[i] += text;
    });
  }
  const status = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? 128 + (signalNumbers[signal ?? ''] ?? 0)));
  });
  return { status, stdout: texts[0] ?? '', stderr: texts[1] ?? '' };
}

/**
 * Runs a program to its end and returns its standard output.
 * @throws Error with the command and its last words if it does not end with 0
 */
export async function run(
  program: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<string> {
  const { status, stdout, stderr } = await outcome(program, args, options);
  if (status !== 0) {
    const words = `${stdout}\n${stderr}`.trim().split('\n').slice(-8).join('\n');
    throw new Error(`${[program, ...args].join(' ')} ended with ${status}:\n${words}`);
  }
  return stdout;
}

/** Whether a program stands in one of the folders where Debian installs programs, or on the PATH. */
export function hasProgram(name: string): boolean {
  const folders = ['/usr/sbin', '/sbin', '/usr/bin', '/bin', ...(process.env['PATH'] ?? '').split(':')];
  return folders.some(folder => existsSync(`${folder}/${name}`));
}

/**
 * Waits until `check` answers something other than undefined, asking every 20 ms.
 * @throws Error naming `what` after `seconds`
 */
export async function until<T>(
  what: string,
  check: () => Promise<T | undefined> | T | undefined,
  seconds = 60,
): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await check();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`waited ${seconds} s in vain for ${what}`);
    await sleep(20);
  }
}
