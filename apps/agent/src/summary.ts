/** The agent at a glance. */
import type { SensorStatus as ObservedStatus, Sensor } from '@redoubt/observe';
import type { Reader, Recorder } from '@redoubt/store';
import type { SensorStatus, Summary } from './api/contract.ts';
import { CpuMeter } from './host/self.ts';
import type { Logs } from './logs/logs.ts';
import { version } from './options.ts';
import type { Pipeline } from './pipeline/pipeline.ts';
import type { StoredLatency } from './pipeline/stored-latency.ts';
import type { OpenFindings } from './state/open-findings.ts';
import type { Warnings } from './state/warnings.ts';

/** What the summary is made of. */
export interface SummaryParts {
  host: Summary['host'];
  sensor: Sensor;
  pipeline: Pipeline;
  stored: StoredLatency;
  recorder: Pick<Recorder, 'stats'>;
  reader: Reader;
  openFindings: OpenFindings;
  /** Absent when the agent follows no logs. */
  logs: Pick<Logs, 'sensors' | 'lost'> | undefined;
  warnings: Warnings;
  rules: () => Summary['rules'];
  retentionBytes: number;
}

/** Sizes and extent of the record are read from the database this often at most, milliseconds. */
const extentInterval = 5_000;

/** Makes summaries, and keeps what they tell over time. */
export class SummaryMaker {
  readonly #parts: SummaryParts;
  readonly #started = Date.now();
  readonly #cpu = new CpuMeter();
  #extent: { at: number; oldest: number | null; chunks: number } = {
    at: Number.NEGATIVE_INFINITY,
    oldest: null,
    chunks: 0,
  };

  constructor(parts: SummaryParts) {
    this.#parts = parts;
  }

  /** The summary as of now. */
  make(): Summary {
    const { host, sensor, pipeline, stored, recorder, openFindings, logs, warnings, rules, retentionBytes } =
      this.#parts;
    const status = sensor.status();
    const counters = recorder.stats();
    const extent = this.#readExtent();
    const lostOfLogs = logs?.lost ?? 0;
    return {
      host,
      agent: {
        version,
        pid: process.pid,
        started: this.#started,
        mode: status.reduced ? 'reduced' : 'kernel',
        rss_bytes: process.memoryUsage.rss(),
        cpu_percent: this.#cpu.percent(),
      },
      sensors: [sensorStatus(status), ...(logs?.sensors() ?? [])],
      events: {
        total: pipeline.total,
        per_second: pipeline.rate.perSecond,
        by_kind: Object.fromEntries(pipeline.byKind),
        lost: status.lost + lostOfLogs,
        lost_by_kind: {
          ...Object.fromEntries(Object.entries(status.lostByKind)),
          ...(lostOfLogs > 0 && { 'log.record': lostOfLogs }),
        },
        stored: counters.eventsWritten,
        dropped: counters.eventsDropped,
      },
      latency_ms: {
        event_to_finding_p50: pipeline.toFinding.percentile(0.5),
        event_to_finding_p99: pipeline.toFinding.percentile(0.99),
        event_to_stored_p50: stored.histogram.percentile(0.5),
        event_to_stored_p99: stored.histogram.percentile(0.99),
      },
      store: {
        bytes: counters.databaseBytes,
        oldest_time: extent.oldest,
        chunks: extent.chunks,
        limit_bytes: retentionBytes,
      },
      rules: rules(),
      findings: { open: openFindings.count, by_severity: openFindings.bySeverity() },
      warnings: warnings.list(),
    };
  }

  #readExtent(): { oldest: number | null; chunks: number } {
    const now = performance.now();
    if (now - this.#extent.at > extentInterval) {
      const { firstTime, chunks } = this.#parts.reader.extent();
      this.#extent = { at: now, oldest: firstTime === undefined ? null : Math.floor(firstTime), chunks };
    }
    return this.#extent;
  }
}

function sensorStatus(status: ObservedStatus): SensorStatus {
  const missing = status.hooks.filter(hook => !hook.attached).length;
  return {
    name: status.name,
    state: status.state === 'running' ? (status.reduced ? 'reduced' : 'running') : 'failed',
    detail: missing === 0 ? '' : `${missing} of ${status.hooks.length} hooks are not attached`,
    hooks: status.hooks.map(({ name, attached, reason }) => ({
      name,
      attached,
      ...(reason === undefined ? {} : { reason }),
    })),
  };
}
