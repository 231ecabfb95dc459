/**
 * The local sandbox: runs a script or an ELF program apart from the system (native/main.c) under our own kernel
 * sensor and our own rules. It shares the host's kernel, so it is for a first look; what may be after the kernel
 * itself belongs into a machine of its own, such as CAPE's.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { Bilingual, Finding } from '@redoubt/model';
import { KernelHostSensor, type Sensor } from '@redoubt/observe';
import { createDetector } from '../../../detector.ts';
import { RuleSet } from '../../../rules/rule-set.ts';
import type { Judged } from '../../verdict.ts';
import type { Sample, Sandbox, SandboxReport, SandboxState } from '../sandbox.ts';
import { Behaviour } from './behaviour.ts';
import { makeGroups } from './groups.ts';
import { launcherProgram } from './launcher.ts';

/** Bounds of a run. */
export interface LocalSettings {
  /** Seconds after which the sample is ended. */
  readonly seconds?: number;
  /** Memory, and size of its file system in memory. */
  readonly megabytes?: number;
  readonly processes?: number;
  /** Share of one processor. */
  readonly processor?: number;
  /** Folder of rules by which its behaviour is judged; without it, it is only told. */
  readonly rules?: string;
}

const interpreters: readonly [RegExp, readonly string[]][] = [
  [/\.(?:sh|bash)$/, ['/bin/sh', '{}']],
  [/\.py$/, ['/usr/bin/python3', '{}']],
  [/\.pl$/, ['/usr/bin/perl', '{}']],
  [/\.php$/, ['/usr/bin/php', '{}']],
  [/\.m?js$/, ['/usr/bin/node', '{}']],
];
const mostOutput = 16_384;
/** What the sensor has seen comes within this time, milliseconds. */
const settle = 500;
const grave = 4;
const notStarted = 125;

/** Runs samples one after the other in this process. Needs root and a kernel sensor. */
export class LocalSandbox implements Sandbox {
  readonly name = 'local';
  readonly #settings: LocalSettings;
  readonly #runs = new Map<string, { state: SandboxState }>();
  #queue: Promise<void> = Promise.resolve();

  constructor(settings: LocalSettings = {}) {
    this.#settings = settings;
  }

  /** @throws Error when the file cannot be read or is no script or program */
  async submit(sample: Sample): Promise<string> {
    const path = resolve(sample.path);
    const command = await commandOf(path, sample.args);
    const id = randomBytes(6).toString('hex');
    const run: { state: SandboxState } = { state: { state: 'waiting' } };
    this.#runs.set(id, run);
    this.#queue = this.#queue.then(async () => {
      run.state = { state: 'running' };
      try {
        run.state = { state: 'done', report: await runSample(path, command, id, this.#settings) };
      } catch (error) {
        const words = error instanceof Error ? error.message : String(error);
        run.state = { state: 'failed', why: { en: words, zh: `沙箱运行失败：${words}` } };
      }
    });
    return id;
  }

  async poll(id: string): Promise<SandboxState> {
    const run = this.#runs.get(id);
    if (run === undefined) throw new Error(`the local sandbox knows no run ${id}`);
    return run.state;
  }

  async close(): Promise<void> {
    await this.#queue;
  }
}

/** The words that run a file: its own first line or format, or the interpreter that its name calls for. */
async function commandOf(path: string, args: readonly string[] = []): Promise<readonly string[]> {
  const handle = await open(path, 'r');
  let head: Buffer;
  try {
    if (!(await handle.stat()).isFile()) throw new Error(`${path} is not a regular file`);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(256), 0, 256, 0);
    head = buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
  if (head.subarray(0, 4).equals(Buffer.from('\x7fELF', 'latin1')) || head.subarray(0, 2).toString() === '#!')
    return ['{}', ...args];
  const known = interpreters.find(([pattern]) => pattern.test(path));
  if (known === undefined)
    throw new Error(
      `${path} is neither a Linux program nor a script whose interpreter its first line or name tells`,
    );
  return [...known[1], ...args];
}

async function runSample(
  path: string,
  command: readonly string[],
  id: string,
  settings: LocalSettings,
): Promise<SandboxReport> {
  const { seconds = 30, megabytes = 256, processes = 64, processor = 0.5 } = settings;
  const program = await launcherProgram();
  const groups = makeGroups(`redoubt-sandbox-${id}`, { memoryBytes: megabytes << 20, processes, processor });
  const sensor: Sensor = new KernelHostSensor();
  // A finding that is counted again is handed over again: the last form of each is kept.
  const found = new Map<string, Finding>();
  const onFinding = (finding: Finding): void => {
    found.set(finding.redoubt.dedup_key, finding);
  };
  const detector =
    settings.rules === undefined
      ? undefined
      : createDetector(await RuleSet.load(settings.rules), { onFinding });
  let behaviour: Behaviour | undefined;
  try {
    await sensor.start({
      batch: batch => {
        for (const view of batch.views()) behaviour?.take(view);
      },
    });
    const words = [
      String(seconds),
      String(megabytes),
      basename(path),
      groups.joins.join(',') || '-',
      ...command,
    ];
    const launcher = spawn(program, words, {
      cwd: dirname(path),
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      env: {},
    });
    behaviour = new Behaviour(launcher.pid ?? 0, view => detector?.evaluate(view));
    const output = collected(launcher.stdout);
    const errors = collected(launcher.stderr);
    const outcome = collected(launcher.stdio[3] as Readable | null);
    const status = await new Promise<number>((done, fail) => {
      launcher.once('error', fail);
      launcher.once('close', code => done(code ?? 1));
    });
    const ended = outcome().trim();
    // The launcher's own status: the sample was not started at all.
    if (ended === `ended ${notStarted}` && errors().startsWith('redoubt-sandbox: '))
      throw new Error(errors().trim());
    if (ended === '') throw new Error(errors().trim() || `the launcher ended with status ${status}`);
    await new Promise(done => setTimeout(done, settle));
    await sensor.stop();
    return report(
      behaviour,
      [...found.values()],
      [ending(ended, seconds), ...losses(sensor), ...groups.missing, ...said(output(), errors())],
    );
  } finally {
    await sensor.stop();
    groups.remove();
  }
}

function collected(stream: Readable | null): () => string {
  let words = '';
  stream?.setEncoding('utf8').on('data', (chunk: string) => {
    if (words.length < mostOutput) words = (words + chunk).slice(0, mostOutput);
  });
  return () => words;
}

function ending(word: string, seconds: number): Bilingual {
  const [how, value] = word.split(' ');
  if (how === 'late')
    return { en: `ended after ${seconds} s, when its time was up`, zh: `运行 ${seconds} 秒后到时终止` };
  if (how === 'killed') return { en: `ended by signal ${value}`, zh: `被信号 ${value} 终止` };
  return { en: `ended with status ${value}`, zh: `结束，退出码 ${value}` };
}

function losses(sensor: Sensor): Bilingual[] {
  const { lost } = sensor.status();
  if (lost === 0) return [];
  return [{ en: `${lost} events of the host were lost meanwhile`, zh: `期间主机丢失 ${lost} 个事件` }];
}

function said(output: string, errors: string): Bilingual[] {
  const notes: Bilingual[] = [];
  if (output !== '')
    notes.push({ en: `it writes: ${output.slice(0, 2_000)}`, zh: `输出：${output.slice(0, 2_000)}` });
  if (errors !== '')
    notes.push({ en: `it complains: ${errors.slice(0, 2_000)}`, zh: `错误输出：${errors.slice(0, 2_000)}` });
  return notes;
}

function report(
  behaviour: Behaviour,
  findings: readonly Finding[],
  notes: readonly Bilingual[],
): SandboxReport {
  const gravest = Math.max(0, ...findings.map(one => one.severity_id));
  const judged: Judged = gravest >= grave ? 'malicious' : gravest >= 2 ? 'suspicious' : 'clean';
  return {
    sandbox: 'local',
    judged,
    score: Math.min(100, gravest * 20),
    observations: behaviour.observations(),
    findings,
    omitted: behaviour.omitted,
    notes,
  };
}
