/** What the agent itself costs. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Worker } from 'node:worker_threads';
import { trimMemory } from '@redoubt/observe';

/** Measures the agent's share of one core between calls. */
export class CpuMeter {
  #usage = process.cpuUsage();
  #at = process.hrtime.bigint();
  #percent = 0;

  /** CPU time of all threads since the last measurement, in percent of one core; renewed at most once a second. */
  percent(): number {
    const now = process.hrtime.bigint();
    const elapsedMicroseconds = Number(now - this.#at) / 1000;
    if (elapsedMicroseconds >= 1_000_000) {
      const usage = process.cpuUsage();
      const spent = usage.user + usage.system - this.#usage.user - this.#usage.system;
      this.#percent = Math.round((spent / elapsedMicroseconds) * 1000) / 10;
      this.#usage = usage;
      this.#at = now;
    }
    return this.#percent;
  }
}

/** When what loading needed is given back, milliseconds after the start. */
const firstTrim = 5_000;
/** How often memory is given back later: what a burst of work needed stays with the process otherwise. */
const trimInterval = 60_000;
/** How long after the end of a thread, milliseconds: what it used is free by then, and others may end meanwhile. */
const threadRest = 1_000;

/**
 * Gives back the memory that only the start needed, and later what bursts and threads that have ended needed.
 * @returns what ends that
 */
export function keepTrim(): () => void {
  const first = setTimeout(trimAfterStart, firstTrim);
  const interval = setInterval(trim, trimInterval, false);
  let ended: NodeJS.Timeout | undefined;
  const onWorker = (worker: Worker): void => {
    worker.once('exit', () => {
      clearTimeout(ended);
      ended = setTimeout(trim, threadRest, true).unref();
    });
  };
  process.on('worker', onWorker);
  return () => {
    process.off('worker', onWorker);
    clearTimeout(first);
    clearTimeout(ended);
    clearInterval(interval);
  };
}

function trim(constants: boolean): void {
  try {
    trimMemory(constants);
  } catch {
    // Without the native addon there is nothing to give back.
  }
}

/**
 * The engine does not collect by itself what loading left behind until much more has been allocated. Once, and no more
 * thorough than usual: everything waits meanwhile, for a tenth of a second.
 */
function trimAfterStart(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  if (typeof collect === 'function') collect({ type: 'major', execution: 'sync', flavor: 'regular' });
  trim(true);
}
