/** The kernel sensor as a Sensor: batches in, process table kept, losses told. */
import {
  type KernelSensor,
  KernelSensorError,
  type KernelSensorOptions,
  openKernelSensor,
} from '@redoubt/kernel';
import type { Event, StoredProcess } from '@redoubt/model';
import { Accounts } from '../enrich/accounts.ts';
import { ImageEnricher } from '../enrich/image-enricher.ts';
import { jsonBatch } from '../event/json-batch.ts';
import { batchHeaderSize, encodeBatch, kernelBatchFormat, viewsOf } from '../event/stored-batch.ts';
import { TableSource } from '../event/table-facts.ts';
import { type Repair, reconcile } from '../process/reconcile.ts';
import { rowsOf } from '../process/stored-rows.ts';
import { ProcessTable, type ProcessTableLimits } from '../process/table.ts';
import { BootClock } from './boot-clock.ts';
import { bootId } from './boot-id.ts';
import { TableFollower } from './follow.ts';
import { LossCounter, missedRunsEvent, repairEvent, tornBatchEvent } from './losses.ts';
import { SensitiveFiles } from './sensitive-files.ts';
import type { ObservedBatch, Sensor, SensorLimit, SensorSink, SensorStatus } from './types.ts';

/** How often the clock and the sensitive files are looked at, milliseconds. */
const tendInterval = 1_000;

/** How often the kernel is asked what was lost, milliseconds: it is some sixty calls. */
const lossInterval = 5_000;

/** Shortest time between two comparisons with /proc, milliseconds. */
const reconcileInterval = 10_000;

/** How a KernelHostSensor is made. All parts have defaults. */
export interface KernelHostSensorOptions {
  kernel?: KernelSensorOptions;
  table?: Partial<ProcessTableLimits>;
  /** Files whose reading is an event. */
  sensitiveFiles?: SensitiveFiles;
  /** Directories whose direct entries make no file events, such as the recorder's own. */
  ignoredDirectories?: readonly string[];
}

/** Sees the host through eBPF. Needs root and a kernel with BTF. */
export class KernelHostSensor implements Sensor {
  readonly name = 'kernel';
  readonly table: ProcessTable;
  readonly clock = new BootClock();
  readonly accounts = new Accounts();
  readonly enricher: ImageEnricher;
  readonly #options: KernelHostSensorOptions;
  readonly #bootId = bootId();
  readonly #source: TableSource;
  readonly #follower: TableFollower;
  readonly #sensitive: SensitiveFiles;
  #kernel: KernelSensor | undefined;
  #sink: SensorSink | undefined;
  #losses = new LossCounter(Date.now());
  #missed = 0;
  #state: SensorStatus['state'] = 'stopped';
  #timer: NodeJS.Timeout | undefined;
  #reconciling: Promise<void> | undefined;
  #reconcileWanted = false;
  #reconciledAt = 0;
  #lossesAskedAt = 0;
  #seen = { events: 0, lost: 0, batches: 0, tornBatches: 0, sinkErrors: 0 };
  #repaired: Repair = { missedForks: 0, missedExecs: 0, missedExits: 0 };

  constructor(options: KernelHostSensorOptions = {}) {
    this.#options = options;
    this.table = new ProcessTable(options.table);
    this.enricher = new ImageEnricher(this.table);
    this.#source = new TableSource(this.table, this.accounts, this.clock);
    this.#sensitive = options.sensitiveFiles ?? new SensitiveFiles();
    this.#follower = new TableFollower(
      this.table,
      () => this.clock.now(),
      (process, image, version) => {
        const { isMemfd, isDeleted } = image.file;
        const nameless = isMemfd || isDeleted;
        const descriptor = nameless ? this.#kernel?.takeExecutable(process.pid, version.inode) : undefined;
        this.enricher.look(process, image, version, descriptor);
      },
    );
  }

  /** @throws KernelSensorError with what this host lacks and what to do about it */
  async start(sink: SensorSink): Promise<void> {
    if (this.#kernel !== undefined) throw new Error('the kernel sensor is running already');
    this.#state = 'starting';
    try {
      // The hooks come first, so that what starts while /proc is read is seen at least once.
      this.#kernel = openKernelSensor(this.#options.kernel);
      requireProcessHooks(this.#kernel);
      this.#sink = sink;
      this.#kernel.ignoreProcess(process.pid);
      this.#kernel.ignoreDirectories(this.#options.ignoredDirectories ?? []);
      this.#kernel.watchReads(this.#sensitive.changed() ?? []);
      await reconcile(this.table, { now: () => this.clock.now() });
      this.#kernel.start(batch => this.#batch(new Uint8Array(batch)));
    } catch (error) {
      this.#state = 'failed';
      await this.#kernel?.stop();
      this.#kernel = undefined;
      throw error;
    }
    this.#state = 'running';
    this.#timer = setInterval(() => this.#tend(), tendInterval);
    void this.#lookAtRunning();
  }

  async stop(): Promise<void> {
    const kernel = this.#kernel;
    if (kernel === undefined) return;
    clearInterval(this.#timer);
    this.#kernel = undefined;
    await this.#reconciling;
    this.#reportLosses(kernel);
    await kernel.stop();
    this.#handRows();
    this.#sink = undefined;
    this.#state = 'stopped';
  }

  /** Hands over what the kernel has recorded so far; resolves after the sink has had it. */
  async flush(): Promise<void> {
    await this.#kernel?.flush();
  }

  status(): SensorStatus {
    const kernel = this.#kernel?.status();
    const { hasher, owners } = this.enricher;
    return {
      name: this.name,
      state: this.#state,
      reduced: false,
      limits: (kernel?.hooks ?? [])
        .filter(hook => !hook.attached)
        .map(hook => hookLimit(hook.name, hook.reason)),
      hooks: (kernel?.hooks ?? []).map(({ name, attached, reason }) => ({
        name,
        attached,
        ...(reason === undefined ? {} : { reason }),
      })),
      events: this.#seen.events,
      lost: this.#seen.lost,
      lostByKind: this.#losses.byKind,
      metrics: {
        batches: this.#seen.batches,
        torn_batches: this.#seen.tornBatches,
        sink_errors: this.#seen.sinkErrors,
        ring_used_bytes: kernel?.ringUsed ?? 0,
        ring_size_bytes: kernel?.ringSize ?? 0,
        queued_bytes: kernel?.queued ?? 0,
        reader_stalls: kernel?.stalls ?? 0,
        processes: this.table.size,
        processes_exited: this.table.exited,
        processes_forgotten: this.table.counters.forgotten,
        processes_adopted: this.table.counters.adopted,
        unknown_actors: this.#follower.unknownActors,
        repaired_forks: this.#repaired.missedForks,
        repaired_execs: this.#repaired.missedExecs,
        repaired_exits: this.#repaired.missedExits,
        hashes_computed: hasher.counters.hashed,
        hashes_cached: hasher.counters.cacheHits,
        hashes_refused: hasher.counters.refused,
        hashes_failed: hasher.counters.failed,
        package_lookups_refused: owners.refused,
        clock_jumps: this.clock.jumps,
      },
    };
  }

  #batch(records: Uint8Array): void {
    try {
      const summary = this.#follower.follow(records);
      if (summary.count === 0) return;
      const { bootEpoch } = this.clock;
      this.#seen.batches++;
      this.#seen.events += summary.count;
      const bytes = encodeBatch(records, bootEpoch, this.#bootId);
      this.#hand({
        format: kernelBatchFormat,
        bytes,
        count: summary.count,
        firstTime: Math.floor(bootEpoch + summary.firstTime),
        lastTime: Math.floor(bootEpoch + summary.lastTime),
        kinds: [...summary.kinds],
        views: () => viewsOf(bytes.subarray(batchHeaderSize), this.#source),
        processes: this.#changedRows(),
      });
    } catch (error) {
      // A torn batch holds an unknown number of events; what it says about processes is found in /proc.
      this.#seen.tornBatches++;
      this.#reconcileWanted = true;
      this.#handEvents([tornBatchEvent(Date.now(), records.length, error)]);
    }
  }

  #hand(batch: ObservedBatch): void {
    try {
      this.#sink?.batch(batch);
    } catch {
      this.#seen.sinkErrors++;
    }
  }

  #handEvents(events: readonly Event[]): void {
    if (events.length === 0) return;
    this.#seen.events += events.length;
    this.#hand(jsonBatch(events, this.#changedRows()));
  }

  /** Rows that changed without an event: a hash became known on a quiet host, say. */
  #handRows(): void {
    const rows = this.#changedRows();
    if (rows.length > 0) this.#hand(jsonBatch([], rows));
  }

  #changedRows(): StoredProcess[] {
    const context = {
      bootEpoch: this.clock.bootEpoch,
      bootId: this.#bootId,
      userName: (id: number) => this.accounts.userName(id),
    };
    const rows: StoredProcess[] = [];
    for (const process of this.table.takeChanged()) rows.push(...rowsOf(process, context));
    return rows;
  }

  /** What is done once a second beside the events. */
  #tend(): void {
    const kernel = this.#kernel;
    if (kernel === undefined) return;
    const { bootEpoch } = this.clock;
    if (this.clock.measure() && this.clock.bootEpoch < bootEpoch) this.#storeAgain();
    this.table.sweep(this.clock.now());
    const files = this.#sensitive.changed();
    if (files !== undefined) kernel.watchReads(files);
    if (performance.now() - this.#lossesAskedAt >= lossInterval) this.#reportLosses(kernel);
    this.#handRows();
    const waited = performance.now() - this.#reconciledAt;
    if (this.#reconcileWanted && this.#reconciling === undefined && waited > reconcileInterval) {
      this.#reconciling = this.#reconcile().finally(() => {
        this.#reconciling = undefined;
      });
    }
  }

  /**
   * The wall clock was set back: events to come have times before the stored starts of the programs that they
   * belong to, so the rows of all living processes are written again on the new clock.
   */
  #storeAgain(): void {
    for (const process of this.table.processes()) {
      if (process.terminatedTime !== undefined) continue;
      process.storedEpoch = undefined;
      process.storedImages = 0;
      this.table.touch(process);
    }
  }

  #reportLosses(kernel: KernelSensor): void {
    this.#lossesAskedAt = performance.now();
    const report = this.#losses.report(kernel.counters(), Date.now());
    const missed = kernel.status().hooks.reduce((sum, hook) => sum + hook.missed, 0);
    this.#seen.lost += report.lost + missed - this.#missed;
    if (report.lostProcessRecords > 0 || missed > this.#missed) this.#reconcileWanted = true;
    if (missed > this.#missed) report.events.push(missedRunsEvent(Date.now(), missed - this.#missed));
    this.#missed = missed;
    this.#handEvents(report.events);
  }

  async #reconcile(): Promise<void> {
    this.#reconcileWanted = false;
    const repair = await reconcile(this.table, { now: () => this.clock.now() });
    this.#reconciledAt = performance.now();
    this.#repaired.missedForks += repair.missedForks;
    this.#repaired.missedExecs += repair.missedExecs;
    this.#repaired.missedExits += repair.missedExits;
    if (repair.missedForks + repair.missedExecs + repair.missedExits > 0) {
      this.#handEvents([repairEvent(Date.now(), repair)]);
    }
  }

  /** Hashes what was running before the sensor, one after another. */
  async #lookAtRunning(): Promise<void> {
    for (const process of [...this.table.processes()]) {
      if (this.#kernel === undefined) return;
      if (process.terminatedTime === undefined) await this.enricher.lookAtRunning(process);
    }
  }
}

/** Hooks without which there is no process table, and so no sensor worth its name. */
const processHooks = new Set(['sched_process_fork', 'sched_process_exec', 'sched_process_exit']);

/** @throws KernelSensorError when fork, exec or exit cannot be seen */
function requireProcessHooks(kernel: KernelSensor): void {
  const missing = kernel.status().hooks.filter(hook => processHooks.has(hook.name) && !hook.attached);
  if (missing.length === 0) return;
  const reasons = missing.map(({ name, reason }) => `${name} (${reason ?? 'unknown reason'})`);
  throw new KernelSensorError(
    `The kernel sensor cannot see processes: ${reasons.join(', ')} did not load.`,
    'Use the reduced sensor on this kernel; `./redoubt doctor` shows what it lacks.',
  );
}

function hookLimit(name: string, reason = 'unknown reason'): SensorLimit {
  return {
    en: `The hook ${name} is not attached (${reason}); what it sees is not recorded.`,
    zh: `钩子 ${name} 未能加载（${reason}），它负责的事件不会被记录。`,
  };
}
