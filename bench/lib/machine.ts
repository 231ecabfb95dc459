/** The machine that a benchmark ran on, in the words that a reader needs to judge its numbers. */
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** A machine. */
export interface Machine {
  cpu: string;
  cpus: number;
  /** Memory in GiB. */
  memory: number;
  kernel: string;
  system: string;
  virtual: boolean;
  /** Processes that wanted a CPU in the minute before the benchmark, on average. */
  load: number;
}

/** Describes this machine. */
export function describeMachine(): Machine {
  const info = readFileSync('/proc/cpuinfo', 'utf8');
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cpus: cpus().length,
    memory: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    system: /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown',
    virtual: /^flags\s*:.*\bhypervisor\b/m.test(info),
    load: loadavg()[0] ?? 0,
  };
}
