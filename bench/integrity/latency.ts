/** From a change of a golden file to its finding while files change elsewhere, and what becomes of an overflow. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Finding } from '../../apps/agent/src/api/contract.ts';
import { Agent, agentPlace } from '../lib/agent.ts';
import { onCleanup } from '../lib/cleanup.ts';
import { ended } from '../lib/command.ts';
import { makeWorkplace, repository } from '../lib/workplace.ts';
import { costOf } from './program.ts';

/** Files per second that change elsewhere. */
export const stormRate = 5_000;
/** A finding that has not come by then counts as missed, milliseconds. */
const patience = 10_000;
/** Files of the golden tree; each is changed once. */
const files = 400;
/** Changes while nobody reads: more than the kernel's queue holds (fanotify(7), max_queued_events: 16384). */
const burst = 20_000;

const cli = join(repository, 'apps/cli/src/main.ts');
const storm = join(import.meta.dirname, 'storm.ts');

/** What was measured. */
export interface Latency {
  /** What told of the changes: the agent with its sensor in the kernel, or fanotify. */
  source: 'agent' | 'fanotify';
  /** Files per second that changed elsewhere. */
  elsewhere: number;
  /** From the end of a write to the finding, one a file. */
  milliseconds: number[];
  missed: number;
}

/** What became of more changes than the queue holds. */
export interface Overflow {
  changed: number;
  /** It was said that changes were lost. */
  isNoticed: boolean;
  /** Changes that the check afterwards found. */
  found: number;
}

/** A golden tree, and a watcher that tells of findings. */
class Watched {
  readonly tree: string;
  readonly elsewhere: string;
  readonly policy: string;
  readonly vault: string;
  readonly arrived = new Map<string, (at: number) => void>();
  remarks = '';
  child: ChildProcess | undefined;

  constructor(folder: string, vault: string) {
    this.tree = join(folder, 'golden');
    this.elsewhere = join(folder, 'elsewhere');
    this.policy = join(folder, 'policy.yaml');
    this.vault = vault;
    for (const one of [this.tree, this.elsewhere]) mkdirSync(one);
    for (let at = 0; at < files; at++) writeFileSync(this.file(at), 'golden');
    const quoted = JSON.stringify(this.tree);
    writeFileSync(
      this.policy,
      `version: 1\npaths: [${quoted}]\nclasses: [{class: other, globs: [${JSON.stringify(`${this.tree}/**`)}]}]\n`,
    );
  }

  file(at: number): string {
    return join(this.tree, `file-${at}`);
  }

  async golden(): Promise<void> {
    const words = ['baseline', 'create', 'files', '--policy', this.policy, '--vault', this.vault];
    await costOf(process.execPath, [cli, ...words]);
  }

  /** Starts `baseline watch` and waits until it watches. */
  async watch(...words: string[]): Promise<void> {
    const child = spawn(process.execPath, [cli, 'baseline', 'watch', '--json', ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    onCleanup(() => void child.kill('SIGKILL'));
    createInterface({ input: child.stdout }).on('line', line => {
      const at = performance.now();
      const finding = JSON.parse(line) as Finding;
      this.arrived.get(finding.evidences[0]?.file?.path ?? '')?.(at);
    });
    child.stderr.on('data', piece => {
      this.remarks += piece;
    });
    while (!/Watching/.test(this.remarks)) {
      if (child.exitCode !== null) throw new Error(`baseline watch ended: ${this.remarks}`);
      await sleep(20);
    }
  }

  async change(at: number): Promise<number | undefined> {
    const path = this.file(at);
    const { promise, resolve } = Promise.withResolvers<number>();
    this.arrived.set(path, resolve);
    writeFileSync(path, `changed ${at}`);
    const begun = performance.now();
    const came = await Promise.race([promise, sleep(patience, undefined, { ref: false })]);
    return came === undefined ? undefined : came - begun;
  }

  async stop(): Promise<void> {
    this.child?.kill('SIGTERM');
    if (this.child !== undefined) await ended(this.child);
  }
}

async function latencies(watched: Watched, source: Latency['source']): Promise<Latency> {
  const child = spawn(process.execPath, [storm, watched.elsewhere, String(stormRate)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onCleanup(() => void child.kill('SIGKILL'));
  let told = '';
  child.stdout.on('data', piece => {
    told += piece;
  });
  await sleep(1_000);
  const all: (number | undefined)[] = [];
  for (let at = 0; at < files; at++) {
    all.push(await watched.change(at));
    await sleep(Math.random() * 20); // in no step with anything
  }
  child.kill('SIGTERM');
  await ended(child);
  const { written, seconds } = JSON.parse(told) as { written: number; seconds: number };
  const milliseconds = all.filter(one => one !== undefined);
  return { source, elsewhere: written / seconds, milliseconds, missed: all.length - milliseconds.length };
}

/** Through the agent, which keeps the golden state of the made tree. */
export async function measureAgent(): Promise<Latency> {
  const { folder, remove } = makeWorkplace('integrity-agent');
  const place = agentPlace(folder);
  const agent = await Agent.start(place);
  const watched = new Watched(folder, join(place.state, 'baseline'));
  await watched.golden();
  while (!(await agent.get<{ watching: boolean }>('/api/integrity')).watching) await sleep(50);
  await watched.watch('--socket', place.socket);
  const result = await latencies(watched, 'agent');
  await watched.stop();
  await agent.stop();
  await remove();
  return result;
}

/** By fanotify, without an agent; then an overflow of the kernel's queue. */
export async function measureFanotify(): Promise<{ latency: Latency; overflow: Overflow }> {
  const { folder, remove } = makeWorkplace('integrity-watch');
  const watched = new Watched(folder, join(folder, 'vault'));
  await watched.golden();
  const own = ['--policy', watched.policy, '--vault', watched.vault];
  await watched.watch(...own);
  const latency = await latencies(watched, 'fanotify');

  watched.child?.kill('SIGSTOP');
  for (let at = 0; at < burst; at++) writeFileSync(join(watched.tree, `new-${at}`), '');
  watched.child?.kill('SIGCONT');
  for (let waited = 0; waited < patience && !/More changed/.test(watched.remarks); waited += 50)
    await sleep(50);
  const isNoticed = /More changed/.test(watched.remarks);
  await watched.stop();
  const found = await checkedChanges(own);
  await remove();
  // The tree itself has changed, too: its number of links or its time.
  return { latency, overflow: { changed: files + burst, isNoticed, found } };
}

/** Differences of files that a whole check finds. */
async function checkedChanges(words: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [cli, 'baseline', 'check', 'files', ...words], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await ended(child);
  let count = 0;
  const diff = spawn(process.execPath, [cli, 'baseline', 'diff', 'files', '--json', ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface({ input: diff.stdout }).on('line', line => {
    const { change } = JSON.parse(line) as { change: { key: string } };
    if (/\/(?:file|new)-\d+$/.test(change.key)) count++;
  });
  await ended(diff);
  return count;
}
