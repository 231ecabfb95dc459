/** Load by dnsperf, which Debian has: queries a second at full load, and latencies at a fixed rate. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../lib/command.ts';
import { percentile } from '../lib/statistics.ts';
import { blockedName } from './servers.ts';

export interface LoadResult {
  readonly queriesPerSecond: number;
  /** Milliseconds, at the fixed rate. */
  readonly p50: number;
  readonly p99: number;
  readonly lost: number;
}

/** Half of the questions are for blocked names, half for names that the caches soon hold. */
export function writeQuestions(folder: string, listed: number): string {
  const path = join(folder, 'questions');
  const lines = Array.from({ length: 20_000 }, (_, at) =>
    at % 2 === 0 ? `${blockedName((at * 7919) % listed)} A` : `n${(at * 31) % 2000}.ok.test A`,
  );
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

const number = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? Number.NaN);

/** @param rate queries a second at which latency is taken */
export async function measureLoad(
  port: number,
  questions: string,
  seconds: number,
  rate: number,
): Promise<LoadResult> {
  const common = ['-s', '127.0.0.1', '-p', String(port), '-d', questions, '-l', String(seconds)];
  const full = await run('dnsperf', [...common, '-c', '4', '-q', '100']);
  const calm = await run('dnsperf', [...common, '-c', '2', '-Q', String(rate), '-v']);
  const latencies = Array.from(
    calm.matchAll(/^> \S+ \S+ \S+ ([\d.]+)$/gm),
    ([, value]) => Number(value) * 1000,
  );
  return {
    queriesPerSecond: number(full, /Queries per second:\s+([\d.]+)/),
    lost: number(full, /Queries lost:\s+(\d+)/),
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
  };
}
