/** Seeing what can be seen without root or eBPF: /proc is polled, and directories that matter are watched. */
import { buildEvent, type Event, type EventKind } from '@redoubt/model';
import { Accounts } from '../enrich/accounts.ts';
import { ImageEnricher } from '../enrich/image-enricher.ts';
import { jsonBatch } from '../event/json-batch.ts';
import { baseName, processObject } from '../event/process-fields.ts';
import { TableSource } from '../event/table-facts.ts';
import { launcherOf } from '../process/lineage.ts';
import { reconcile } from '../process/reconcile.ts';
import { rowsOf } from '../process/stored-rows.ts';
import { ProcessTable } from '../process/table.ts';
import type { TrackedProcess } from '../process/tracked.ts';
import { BootClock } from './boot-clock.ts';
import { bootId } from './boot-id.ts';
import { type Listener, readListeners, socketOwners } from './listeners.ts';
import { type PathChange, PathWatcher } from './path-watcher.ts';
import type { Sensor, SensorLimit, SensorSink, SensorStatus } from './types.ts';

/** How a ReducedSensor is made. */
export interface ReducedSensorOptions {
  /** Time between two looks at /proc, milliseconds. Default: 500. */
  interval?: number;
  /** Directories to watch; stars match within one component. */
  watched?: readonly string[];
}

/** Events that wait to be handed over; more are dropped and counted. */
const maxWaiting = 10_000;

const limits: readonly SensorLimit[] = [
  {
    en: 'Processes that live shorter than the polling interval are not seen.',
    zh: '存活时间短于轮询间隔的进程无法看到。',
  },
  {
    en: 'File changes are seen in a list of directories only, and without who made them.',
    zh: '仅能看到部分目录中的文件变化，且不知道由谁造成。',
  },
  {
    en: 'Connections, DNS, memory, credential, namespace, kernel-module and eBPF activity is not seen.',
    zh: '看不到连接、DNS、内存、凭据、命名空间、内核模块和 eBPF 活动。',
  },
];

/** Sees a part of the host without privileges. Its events carry `unmapped.reduced`. */
export class ReducedSensor implements Sensor {
  readonly name = 'reduced';
  readonly table = new ProcessTable();
  readonly clock = new BootClock();
  readonly accounts = new Accounts();
  readonly enricher = new ImageEnricher(this.table);
  readonly #bootId = bootId();
  readonly #source = new TableSource(this.table, this.accounts, this.clock);
  readonly #interval: number;
  readonly #paths: PathWatcher;
  readonly #listeners = new Map<string, Listener>();
  #sink: SensorSink | undefined;
  #waiting: Event[] = [];
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> = Promise.resolve();
  #state: SensorStatus['state'] = 'stopped';
  #events = 0;
  #lost = 0;
  #sinkErrors = 0;

  constructor(options: ReducedSensorOptions = {}) {
    this.#interval = options.interval ?? 500;
    this.#paths = new PathWatcher((change, path) => this.#pathChanged(change, path), options.watched);
  }

  async start(sink: SensorSink): Promise<void> {
    if (this.#sink !== undefined) throw new Error('the reduced sensor is running already');
    this.#state = 'starting';
    this.#sink = sink;
    await reconcile(this.table, { now: () => this.clock.now() });
    for (const listener of readListeners()) this.#listeners.set(listenerKey(listener), listener);
    this.#paths.refresh();
    this.#state = 'running';
    this.#next();
  }

  async stop(): Promise<void> {
    if (this.#sink === undefined) return;
    clearTimeout(this.#timer);
    this.#state = 'stopped';
    await this.#polling;
    this.#paths.close();
    this.#handOver();
    this.#sink = undefined;
  }

  status(): SensorStatus {
    return {
      name: this.name,
      state: this.#state,
      reduced: true,
      limits,
      hooks: [],
      events: this.#events,
      lost: this.#lost,
      lostByKind: {},
      metrics: {
        processes: this.table.size,
        processes_exited: this.table.exited,
        directories_watched: this.#paths.size,
        directories_refused: this.#paths.refused,
        sink_errors: this.#sinkErrors,
      },
    };
  }

  /** The next look begins an interval after the last one ended, so that a slow host is not kept busy. */
  #next(): void {
    this.#timer = setTimeout(() => {
      this.#polling = this.#poll().finally(() => {
        if (this.#state === 'running') this.#next();
      });
    }, this.#interval);
  }

  async #poll(): Promise<void> {
    this.clock.measure();
    await reconcile(this.table, {
      now: () => this.clock.now(),
      onRepair: (repaired, process) => this.#processChanged(repaired, process),
    });
    this.#pollListeners();
    this.#paths.refresh();
    this.table.sweep(this.clock.now());
    this.#handOver();
  }

  #processChanged(repaired: 'fork' | 'exec' | 'exit', tracked: TrackedProcess): void {
    if (tracked.pid === process.pid) return;
    const { image } = tracked;
    const facts = processObject(this.#source.factsOf(tracked, image));
    if (repaired === 'exit') {
      this.#add('process.exit', { actor: { process: facts }, process: facts });
      return;
    }
    void this.enricher.lookAtRunning(tracked);
    const launcher = launcherOf(tracked, image);
    const actor = launcher && processObject(this.#source.factsOf(launcher.process, launcher.image));
    this.#add('process.exec', {
      process: facts,
      ...(actor === undefined ? {} : { actor: { process: actor } }),
    });
  }

  #pathChanged(change: PathChange, path: string): void {
    const name = baseName(path);
    this.#add(change, { file: { path, ...(name === undefined ? {} : { name }) } });
  }

  #pollListeners(): void {
    const now = readListeners();
    const fresh = now.filter(listener => !this.#listeners.has(listenerKey(listener)));
    const owners = fresh.length === 0 ? undefined : socketOwners(new Set(fresh.map(({ inode }) => inode)));
    this.#listeners.clear();
    for (const listener of now) this.#listeners.set(listenerKey(listener), listener);
    for (const listener of fresh) this.#listenerAppeared(listener, owners?.get(listener.inode));
  }

  #listenerAppeared({ protocol, ip, port }: Listener, pid: number | undefined): void {
    const tracked = pid === undefined ? undefined : this.table.newest(pid);
    const actor = tracked && processObject(this.#source.factsOf(tracked, tracked.image));
    this.#add(protocol === 'tcp' ? 'network.listen' : 'network.bind', {
      dst_endpoint: { ip, port },
      connection_info: { protocol_name: protocol, protocol_num: protocol === 'tcp' ? 6 : 17 },
      ...(actor === undefined ? {} : { actor: { process: actor } }),
    });
  }

  #add(kind: EventKind, attributes: Partial<Event>): void {
    if (this.#state !== 'running') return;
    if (this.#waiting.length >= maxWaiting) {
      this.#lost++;
      return;
    }
    this.#waiting.push(buildEvent(kind, Date.now(), { ...attributes, unmapped: { reduced: true } }));
  }

  #handOver(): void {
    const events = this.#waiting;
    this.#waiting = [];
    this.#events += events.length;
    const context = {
      bootEpoch: this.clock.bootEpoch,
      bootId: this.#bootId,
      userName: (id: number) => this.accounts.userName(id),
    };
    const rows = this.table.takeChanged().flatMap(each => rowsOf(each, context));
    if (events.length + rows.length === 0) return;
    try {
      this.#sink?.batch(jsonBatch(events, rows));
    } catch {
      this.#sinkErrors++;
    }
  }
}

function listenerKey({ protocol, ip, port, inode }: Listener): string {
  return `${protocol} ${ip} ${port} ${inode}`;
}
