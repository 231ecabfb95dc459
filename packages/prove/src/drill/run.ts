/** Running a drill under its guard (native/guard.c), which cleans up even if this process is killed. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { Drill, DrillNeed } from './drill.ts';
import type { DrillProgram } from './program.ts';

/**
 * How a step ended: `made`; `not-here`, the host does not allow it or lacks what it is about, which `detail`
 * tells; `failed`.
 */
export interface StepOutcome {
  readonly state: 'made' | 'not-here' | 'failed';
  readonly detail: string;
}

/** A drill that has been started. */
export interface DrillRun {
  readonly tag: string;
  readonly directory: string;
  /** When the step began, milliseconds since the Unix epoch. */
  readonly startedAt: number;
  /** Settles when the step has ended. */
  readonly outcome: Promise<StepOutcome>;
  /** Ends the step if it still runs, removes everything it left, and settles when that is done. */
  end(): Promise<void>;
}

type Guard = ChildProcessByStdio<Writable, Readable, Readable>;

/** Exit status of a step that cannot be made on this host (native/drill.h). */
const notHere = 77;

/** What of a drill's needs is not met. */
export function unmetNeeds(drill: Drill, have: ReadonlySet<DrillNeed>): DrillNeed[] {
  return drill.needs.filter(need => !have.has(need));
}

/** Name of a control group that looks like a container's, with an id made from the tag. */
function containerGroup(tag: string): string {
  const id = Buffer.from(tag).toString('hex').padEnd(64, '0').slice(0, 64);
  return `docker-${id}.scope`;
}

/** An address below 2001:db8::/32, which is for documentation (RFC 3849), made from the tag. */
export function addressOf(tag: string): string {
  const digits = Buffer.from(tag).toString('hex').slice(-12);
  return `2001:db8:${digits.slice(0, 4)}:${digits.slice(4, 8)}:${digits.slice(8, 12)}::d`;
}

/** Reads the guard's report line by line. */
async function* reportLines(output: Readable): AsyncGenerator<[word: string, value: number]> {
  let rest = '';
  for await (const chunk of output.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [word = '', value = ''] = line.split(' ');
      yield [word, Number(value)];
    }
  }
}

function describe(status: number, errors: string): StepOutcome {
  if (status === 0) return { state: 'made', detail: '' };
  const detail = errors.trim() || `the step ended with status ${status}`;
  return { state: status === notHere ? 'not-here' : 'failed', detail };
}

async function outcomeOf(
  guard: Guard,
  report: AsyncGenerator<[string, number]>,
  errors: () => string,
): Promise<StepOutcome> {
  for await (const [word, value] of report) {
    if (word === 'ended') return describe(value, errors());
  }
  return describe(guard.exitCode ?? 1, errors());
}

function collect(stream: Readable): () => string {
  let words = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    if (words.length < 4096) words += chunk;
  });
  return () => words;
}

/**
 * Starts a drill; its step is under way when this settles.
 * @param logs the folder whose logs the agent follows, for drills that write one
 * The caller must call `end()`; if it dies before, the guard does the same by itself.
 */
export async function startDrill(
  drill: Drill,
  built: DrillProgram,
  logs: string | undefined = undefined,
): Promise<DrillRun> {
  const tag = `redoubt-drill-${randomBytes(6).toString('hex')}`;
  const base = drill.log === undefined ? (drill.base ?? '/tmp') : (logs ?? '/tmp');
  const directory = `${base}/${tag}`;
  const group = drill.inContainerGroup ? containerGroup(tag) : '-';
  const step = drill.step({ tag, directory, emptyObject: built.emptyObject });
  const guard = spawn(built.program, ['guard', directory, group, ...step], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  const exited = new Promise<void>(resolve => {
    guard.once('close', () => resolve());
    guard.once('error', () => resolve());
  });
  guard.stdin.on('error', () => {});
  const errors = collect(guard.stderr);
  const report = reportLines(guard.stdout);
  const first = await report.next();
  if (first.done || first.value[0] !== 'started') {
    await exited;
    const { state, detail } = describe(guard.exitCode ?? 1, errors());
    return {
      tag,
      directory,
      startedAt: Date.now(),
      outcome: Promise.resolve({ state: state === 'made' ? 'failed' : state, detail }),
      end: async () => {},
    };
  }
  // In a folder of the guard's, which removes it even if this process is killed.
  if (drill.log !== undefined) {
    const lines = drill.log({ tag, address: addressOf(tag), now: new Date() });
    await writeFile(join(directory, 'drill.log'), `${lines.join('\n')}\n`, { mode: 0o600 });
  }
  return {
    tag,
    directory,
    startedAt: first.value[1],
    outcome: outcomeOf(guard, report, errors),
    end: async () => {
      guard.stdin.end();
      await exited;
    },
  };
}
