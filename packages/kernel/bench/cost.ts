/**
 * What an event costs inside the kernel: `node packages/kernel/bench/cost.ts [ROUNDS]`, as root, with cc.
 * The kernel itself counts runs and nanoseconds of each program (sysctl kernel.bpf_stats_enabled, set back at the
 * end). A handler that is entered by tail call counts as its entry, sys_exit. The counting adds about 30 ns a run,
 * and so does every interrupt that comes in between: with TMPDIR=/dev/shm the figures of files are steadier.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type KernelSensor, openKernelSensor } from '../src/index.ts';

const statistics = '/proc/sys/kernel/bpf_stats_enabled';

/** Work, how often in a round, and the programs that it is about. */
const works = [
  ['nothing', 100_000, ['sys_exit']],
  ['read', 50_000, ['sys_exit']],
  ['create', 5_000, ['sys_exit']],
  ['rename', 5_000, ['sys_exit']],
  ['unlink', 5_000, ['sys_exit']],
  ['exec', 400, ['sched_process_exec', 'sched_process_fork', 'sched_process_exit']],
  ['fork', 1_000, ['sched_process_fork', 'sched_process_exit']],
] as const;

/** Runs and nanoseconds of the named programs. */
function totals(sensor: KernelSensor, name: string): { runs: number; nanoseconds: number } {
  const hook = sensor.status().hooks.find(each => each.name === name);
  return { runs: hook?.runs ?? 0, nanoseconds: hook?.nanoseconds ?? 0 };
}

const folder = mkdtempSync(join(tmpdir(), 'redoubt-cost-'));
const before = readFileSync(statistics, 'latin1').trim();
const sensor = openKernelSensor();
try {
  const program = join(folder, 'work');
  execFileSync('cc', ['-O2', '-o', program, fileURLToPath(new URL('work.c', import.meta.url))]);
  sensor.start(() => undefined);
  writeFileSync(statistics, '1');
  const results = new Map<string, number[]>();
  for (let round = 0; round < Number(process.argv[2] ?? 5); round++) {
    for (const [kind, count, names] of works) {
      const starts = names.map(name => totals(sensor, name));
      execFileSync(program, [kind, String(count), folder], {
        env: { PATH: '/bin', HOME: '/root', LANG: 'C.UTF-8' },
      });
      await sensor.flush();
      for (const [index, name] of names.entries()) {
        const { runs, nanoseconds } = totals(sensor, name);
        const spent = nanoseconds - (starts[index]?.nanoseconds ?? 0);
        const each = name === 'sys_exit' ? count : runs - (starts[index]?.runs ?? 0);
        const label = name === 'sys_exit' ? kind : `${kind}: ${name}`;
        results.set(label, [...(results.get(label) ?? []), spent / each]);
      }
    }
  }
  for (const [label, values] of results) {
    values.sort((a, b) => a - b);
    const shown = [values[0], values[values.length >> 1]].map(value => Math.round(value ?? 0));
    console.log(`${label.padEnd(28)} ${shown[0]} ns at best, ${shown[1]} ns median`);
  }
} finally {
  writeFileSync(statistics, before);
  await sensor.stop();
  rmSync(folder, { recursive: true });
}
