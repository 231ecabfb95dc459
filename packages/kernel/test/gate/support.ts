/** A tmpfs of its own with harmless programs, and a gate that stands before nothing else. */
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  rmdirSync,
  rmSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import type { Mount } from '../../src/index.ts';

/** A mounted tmpfs; gone after the test. */
export function tmpfs(t: Pick<TestContext, 'after'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-gate-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'redoubt-test', folder]);
  t.after(() => {
    execFileSync('umount', ['-l', folder]);
    rmdirSync(folder);
  });
  return folder;
}

/** Whether a mount is at or below a folder. */
export const below =
  (folder: string) =>
  ({ point }: Mount): boolean =>
    point === folder || point.startsWith(`${folder}/`);

/** A copy of /bin/true. */
export function program(folder: string, name: string): string {
  const path = join(folder, name);
  copyFileSync('/bin/true', path);
  utimesSync(path, 1, 1);
  return path;
}

/** Milliseconds until a file's times are old enough for its verdict to be remembered. */
export const settled = 2_100;

/** Runs programs as somebody else: not as a child of this process, whose children the gate lets through. */
export class Stranger {
  readonly #shell: ChildProcessByStdio<null, Readable, null>;
  readonly #lines: number;
  readonly #answers: ((status: number) => void)[] = [];

  /** A shell that `setsid --fork` has left without us as its ancestor. */
  constructor(t: Pick<TestContext, 'after'>) {
    const folder = mkdtempSync(join(tmpdir(), 'redoubt-stranger-'));
    const lines = join(folder, 'lines');
    execFileSync('mkfifo', [lines]);
    // A FIFO, because Node closes the standard input of a child that has ended, and setsid ends at once.
    this.#lines = openSync(lines, 'r+');
    const script = 'while read -r line; do $line </dev/null >/dev/null 2>&1; echo $?; done <"$0"';
    this.#shell = spawn('setsid', ['-f', 'sh', '-c', script, lines], { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#shell.stdout.once('end', () => rmSync(folder, { recursive: true, force: true }));
    let rest = '';
    this.#shell.stdout.setEncoding('utf8').on('data', (part: string) => {
      const lines = (rest + part).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#answers.shift()?.(Number(line));
    });
    t.after(async () => {
      closeSync(this.#lines);
      if (!this.#shell.stdout.readableEnded) await once(this.#shell.stdout, 'end');
    });
  }

  /** Resolves once our tie to the shell is cut. */
  async ready(): Promise<this> {
    if (this.#shell.exitCode === null) await once(this.#shell, 'exit');
    return this;
  }

  /** Runs a command line of plain words. @returns its exit status; 126 where it was refused */
  run(line: string): Promise<number> {
    return new Promise(resolve => {
      this.#answers.push(resolve);
      writeSync(this.#lines, `${line}\n`);
    });
  }
}
