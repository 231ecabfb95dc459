/** Turning counters of lost records into events. */
import type { KindCounter } from '@redoubt/kernel';
import { buildEvent, type Event, type EventKind } from '@redoubt/model';
import type { Repair } from '../process/reconcile.ts';

/** What was lost since the last report. */
export interface LossReport {
  /** One event for each kind and CPU that lost records. */
  events: Event[];
  /** Records lost. */
  lost: number;
  /** Of these, forks, execs and exits: the process table must be compared with /proc. */
  lostProcessRecords: number;
}

const processKinds: ReadonlySet<EventKind> = new Set(['process.fork', 'process.exec', 'process.exit']);

/** Remembers what was reported, by kind and CPU. */
export class LossCounter {
  /** Everything lost so far, by kind. */
  readonly byKind: Partial<Record<EventKind, number>> = {};
  readonly #reported = new Map<string, number>();
  #since: number;

  /** @param now milliseconds since the Unix epoch */
  constructor(now: number) {
    this.#since = now;
  }

  /** Compares the kernel's counters with what was reported before. */
  report(counters: readonly KindCounter[], now: number): LossReport {
    const report: LossReport = { events: [], lost: 0, lostProcessRecords: 0 };
    for (const { kind, perCpu } of counters) {
      for (const [cpu, { lost }] of perCpu.entries()) {
        const key = `${kind} ${cpu}`;
        const more = lost - (this.#reported.get(key) ?? 0);
        if (more <= 0) continue;
        this.#reported.set(key, lost);
        report.lost += more;
        this.byKind[kind] = (this.byKind[kind] ?? 0) + more;
        if (processKinds.has(kind)) report.lostProcessRecords += more;
        report.events.push(lossEvent(now, kind, cpu, more, this.#since));
      }
    }
    this.#since = now;
    return report;
  }
}

function lossEvent(now: number, kind: EventKind, cpu: number, count: number, since: number): Event {
  return buildEvent('sensor.loss', now, {
    severity_id: 3,
    count,
    message: `${count} ${kind} records were lost on CPU ${cpu}: the ring buffer was full`,
    unmapped: { lost_kind: kind, cpu, since: Math.floor(since) },
  });
}

/** An event that tells what a comparison with /proc repaired after losses. */
export function repairEvent(now: number, repair: Repair): Event {
  const { missedForks, missedExecs, missedExits } = repair;
  return buildEvent('sensor.loss', now, {
    severity_id: 1,
    count: missedForks + missedExecs + missedExits,
    message:
      `after losses the process table was compared with /proc: ${missedForks} processes were missing, ` +
      `${missedExecs} ran another program, ${missedExits} had ended`,
    unmapped: { repaired_forks: missedForks, repaired_execs: missedExecs, repaired_exits: missedExits },
  });
}

/** An event that tells of runs that the kernel skipped because a program would have interrupted itself. */
export function missedRunsEvent(now: number, count: number): Event {
  return buildEvent('sensor.loss', now, {
    severity_id: 3,
    count,
    message: `${count} runs of kernel programs were skipped; each may have been an event`,
    unmapped: { missed_runs: count },
  });
}

/** An event that tells of a batch whose records could not be read. */
export function tornBatchEvent(now: number, bytes: number, error: unknown): Event {
  return buildEvent('sensor.loss', now, {
    severity_id: 4,
    message: `a batch of ${bytes} bytes could not be read: ${error instanceof Error ? error.message : String(error)}`,
    unmapped: { torn_bytes: bytes },
  });
}
