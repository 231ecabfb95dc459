/** Files judged as they change, against one golden state: from touched paths to findings. */
import type { Device, Finding, Process, StateChange } from '@redoubt/model';
import type { Collector } from '../collector.ts';
import { findingOfDrift, LiveGroups, withLines } from '../state/finding.ts';
import type { GoldenLookup } from '../state/lookup.ts';
import type { Golden, Vault } from '../state/vault.ts';
import { packageManagersAtWork } from './explain/at-work.ts';
import { type LiveCounters, LiveFiles } from './live.ts';
import { type FilePolicy, parsePolicy } from './policy.ts';

/** Changes of groups (an installation of packages) are told, and those that wait for a package manager looked at, as often; milliseconds. */
const pace = 2_000;
/** After a package manager has given its locks back, it still writes its log; milliseconds. */
const restAfterPackages = 1_000;
/** Changes that wait for a package manager; those beyond are told at once. */
const mostHeld = 20_000;

/** What has to be known of a golden state that has been verified, beside its entries. */
export type KnownGolden = Pick<Golden, 'header' | 'file' | 'digest'>;

/** What is watched, and who is told. */
export interface LiveDriftOptions {
  /** The collector of files. */
  readonly collector: Collector;
  readonly golden: KnownGolden;
  readonly vault: Vault;
  /** Index of the golden entries; it is closed at the end. */
  readonly lookup: GoldenLookup;
  readonly device?: Device;
  readonly onFinding: (finding: Finding) => void;
  /** Too much changed at once: only a whole check can tell what. */
  readonly onOverflow: () => void;
}

/**
 * One golden state under watch. What a package manager changes is judged when it has ended, since only then it says
 * what it brought; what somebody else changes meanwhile is judged at once.
 */
export class LiveDrift {
  readonly golden: KnownGolden;
  readonly policy: FilePolicy;
  readonly #options: LiveDriftOptions;
  readonly #lookup: GoldenLookup;
  readonly #live: LiveFiles<Process | undefined>;
  readonly #groups: LiveGroups;
  readonly #held = new Map<string, Process | undefined>();
  readonly #timer: NodeJS.Timeout;
  #working = { until: Number.NEGATIVE_INFINITY, looked: Number.NEGATIVE_INFINITY, pids: new Set<number>() };

  constructor(options: LiveDriftOptions) {
    const { lookup } = options;
    this.#options = options;
    this.#lookup = lookup;
    this.golden = options.golden;
    this.policy = parsePolicy(options.collector.policy ?? '');
    this.#groups = new LiveGroups(options.collector, options.device);
    this.#live = new LiveFiles<Process | undefined>({
      policy: this.policy,
      root: '/',
      golden: key => lookup.get(key),
      goldenBelow: (folder, most) => lookup.keysBelow(folder, most),
      onChange: (change, process) => this.#judge(change, process),
    });
    this.#timer = setInterval(() => this.#turn(), pace).unref();
  }

  get counters(): LiveCounters {
    return this.#live.counters;
  }

  /** Changes that wait for a package manager to end. */
  get held(): number {
    return this.#held.size;
  }

  /** A path has changed. `who` is asked once for each look that is to come. */
  touch(key: string, who: () => Process | undefined): void {
    const { overflowed } = this.#live.counters;
    this.#live.touch(key, who);
    if (this.#live.counters.overflowed > overflowed) this.#options.onOverflow();
  }

  async #judge(change: StateChange, process: Process | undefined): Promise<'later' | undefined> {
    const { collector, golden, vault, device, onFinding } = this.#options;
    const judgement = collector.judge(change);
    if (judgement === undefined) return undefined;
    if (this.#isOfPackages(process) && this.#held.size < mostHeld) {
      this.#held.set(change.key, process);
      return 'later';
    }
    if (await collector.explain?.(change, { root: '/', since: golden.header.created })) return undefined;
    if (this.#groups.add(change, judgement, process)) return undefined;
    const lines = await collector.lines?.(change, { root: '/', copies: vault.copies });
    onFinding(findingOfDrift(collector, change, withLines(judgement, lines), process, device));
    return undefined;
  }

  /** Whether a package manager is at work, and a process is its, or has ended and may have been. */
  #isOfPackages(process: Process | undefined): boolean {
    this.#lookAtLocks();
    if (performance.now() > this.#working.until) return false;
    const pids = [process, ...(process?.ancestry ?? [])].map(one => one?.pid);
    return (
      process?.ancestry === undefined || pids.some(pid => pid !== undefined && this.#working.pids.has(pid))
    );
  }

  #lookAtLocks(): void {
    const now = performance.now();
    if (now - this.#working.looked < 50) return;
    this.#working.looked = now;
    const pids = packageManagersAtWork();
    if (pids.size === 0) return;
    // apt has ended while dpkg's triggers run, and the other way round.
    for (const pid of pids) this.#working.pids.add(pid);
    this.#working.until = now + restAfterPackages;
  }

  #turn(): void {
    for (const finding of this.#groups.take()) this.#options.onFinding(finding);
    this.#lookAtLocks();
    if (performance.now() <= this.#working.until) return;
    this.#working.pids.clear();
    const held = [...this.#held];
    this.#held.clear();
    for (const [key, process] of held) this.touch(key, () => process);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#live.stop();
    this.#lookup.close();
  }
}
