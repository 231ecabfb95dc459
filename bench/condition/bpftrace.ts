/** bpftrace with a script that records what Redoubt records, one line an event. */
import { spawn } from 'node:child_process';
import { createReadStream, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onCleanup } from '../lib/cleanup.ts';
import { ended, outcome, until } from '../lib/command.ts';
import { watchUsage } from '../lib/process-usage.ts';
import { makeWorkplace } from '../lib/workplace.ts';
import type { Condition, Running } from './condition.ts';

const script = join(import.meta.dirname, '../peers/coverage.bt');

/** Pages of the ring of each CPU: 4 MiB instead of the 256 KiB of bpftrace's default, so that it loses less. */
const RING_PAGES = '1024';

async function countLines(file: string, from: number): Promise<{ lines: number; lost: number }> {
  let lines = 0;
  let lost = 0;
  let rest = '';
  for await (const chunk of createReadStream(file, { start: from, encoding: 'latin1' })) {
    const parts = (rest + String(chunk)).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) {
      const [, count] = /^Lost (\d+) events/.exec(line) ?? [];
      if (count === undefined) lines++;
      else lost += Number(count);
    }
  }
  return { lines, lost };
}

async function start(): Promise<Running> {
  const { folder, remove } = makeWorkplace('bpftrace');
  const [records, messages] = [join(folder, 'records'), join(folder, 'messages')];
  const tracer = spawn('bpftrace', ['-o', records, script], {
    stdio: ['ignore', 'ignore', openSync(messages, 'w')],
    env: { ...process.env, BPFTRACE_PERF_RB_PAGES: RING_PAGES },
    detached: true,
  });
  const stop = onCleanup(async () => {
    tracer.kill('SIGTERM');
    await ended(tracer);
  });
  await until('bpftrace to record', async () => {
    if (tracer.exitCode !== null) {
      throw new Error(`bpftrace ended with ${tracer.exitCode}: ${readFileSync(messages, 'utf8').trim()}`);
    }
    await outcome('true', []); // something to record
    return statSync(records, { throwIfNoEntry: false })?.size ? true : undefined;
  });
  // Its probes are attached one after the other; the first line does not mean that the last one is.
  await sleep(1000);
  return {
    async observe() {
      const from = statSync(records).size;
      const endUsage = watchUsage(tracer.pid ?? 0);
      return async () => {
        const usage = endUsage();
        await sleep(500); // what is still in the rings
        const [lines, losses] = [await countLines(records, from), await countLines(messages, 0)];
        return { usage, recorded: lines.lines, lost: lines.lost + losses.lost };
      };
    },
    async stop() {
      await stop();
      await remove();
    },
  };
}

/** bpftrace's reason; it underlines the place of an error with tildes on the line after it. */
function complaintOf(text: string): string {
  const lines = text.trim().split('\n');
  return lines.find(line => line.includes('ERROR')) ?? lines.at(-1) ?? '';
}

const TRACEFS = '/sys/kernel/tracing';

/** bpftrace finds tracepoints in a file system that not every machine has mounted. It is unmounted at the end. */
async function mountTracepoints(): Promise<void> {
  if (existsSync(join(TRACEFS, 'events'))) return;
  const { status } = await outcome('mount', ['-t', 'tracefs', 'tracefs', TRACEFS]);
  if (status === 0) onCleanup(async () => void (await outcome('umount', [TRACEFS])));
}

async function obstacle(): Promise<string | undefined> {
  await mountTracepoints();
  const { status, stderr } = await outcome('bpftrace', [
    '-e',
    'tracepoint:syscalls:sys_enter_execve { exit(); } interval:ms:1 { exit(); }',
  ]);
  return status === 0 ? undefined : `bpftrace does not run here: ${complaintOf(stderr)}`;
}

/** bpftrace with the script peers/coverage.bt. */
export const bpftrace: Condition = { name: 'bpftrace', packages: ['bpftrace'], obstacle, start };
