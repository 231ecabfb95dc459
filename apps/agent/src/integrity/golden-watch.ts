/** Files judged as they change, against one golden state, for as long as it counts. */
import { join } from 'node:path';
import {
  type Collector,
  filesCollector,
  findingOfDrift,
  type Golden,
  GoldenLookup,
  LiveFiles,
  LiveGroups,
  type PolicyWatch,
  parsePolicy,
  requireFitting,
  type Vault,
  watchPolicy,
  withLines,
} from '@redoubt/baseline';
import type { Process, StateChange } from '@redoubt/model';
import { deviceOf } from '../host/host.ts';
import { shippedContent } from '../options.ts';
import type { PartContext } from '../part.ts';
import { processOfPid } from './who.ts';

/** Changes of groups (an installation of packages) are told as often, milliseconds. */
const groupPace = 5_000;

/** Where the part listens. */
export interface GoldenWatchOptions {
  readonly context: PartContext;
  readonly vault: Vault;
  /** Events were lost: only a whole check can tell what changed meanwhile. */
  readonly onLost: () => void;
}

/** One golden state under watch. */
export class GoldenWatch {
  readonly golden: Golden;
  readonly live: LiveFiles<Process | undefined>;
  /** Present when fanotify is listened to. */
  fanotify: PolicyWatch | undefined;
  /** Times that the kernel's queue of fanotify overflowed. */
  lost = 0;
  readonly #lookup: GoldenLookup;
  readonly #timer: NodeJS.Timeout;

  private constructor(
    golden: Golden,
    lookup: GoldenLookup,
    collector: Collector,
    options: GoldenWatchOptions,
  ) {
    const { context, vault } = options;
    const device = deviceOf(context.host);
    const groups = new LiveGroups(collector, device);
    const since = golden.header.created;
    this.golden = golden;
    this.#lookup = lookup;
    this.live = new LiveFiles<Process | undefined>({
      policy: parsePolicy(collector.policy ?? ''),
      root: '/',
      golden: key => lookup.get(key),
      goldenBelow: (folder, most) => lookup.keysBelow(folder, most),
      onChange: async (change: StateChange, process) => {
        const judgement = collector.judge(change);
        if (judgement === undefined || (await collector.explain?.(change, { root: '/', since }))) return;
        if (groups.add(change, judgement, process)) return;
        const lines = await collector.lines?.(change, { root: '/', copies: vault.copies });
        context.publish(findingOfDrift(collector, change, withLines(judgement, lines), process, device));
      },
    });
    this.#timer = setInterval(() => {
      for (const finding of groups.take()) context.publish(finding);
    }, groupPace);
    this.#timer.unref();
  }

  /** @throws StateError as `Vault.open` and `requireFitting` */
  static async open(options: GoldenWatchOptions): Promise<GoldenWatch> {
    const { context, vault } = options;
    const collector = filesCollector({ content: shippedContent });
    // A host that has no golden state yet has no key to check one with either.
    const isSigned = (await vault.golden('files')) !== undefined;
    const golden = await vault.open('files', isSigned ? await vault.verifiers() : []);
    let lookup: GoldenLookup;
    try {
      requireFitting(golden, collector, context.host.machine_id || context.host.hostname, '/');
      const file = join(vault.directory, `files.${golden.header.generation}.lookup`);
      lookup = await GoldenLookup.build(golden.entries(), file);
    } finally {
      await golden.close();
    }
    return new GoldenWatch(golden, lookup, collector, options);
  }

  /** Listens to fanotify, where no sensor in the kernel tells of changes. @throws Error where that is not possible */
  listen({ context, onLost }: GoldenWatchOptions): void {
    const policy = parsePolicy(filesCollector({ content: shippedContent }).policy ?? '');
    this.fanotify = watchPolicy(
      policy,
      ({ key, pid }) => {
        const { overflowed } = this.live.counters;
        this.live.touch(key, () => processOfPid(context.sensor, pid));
        if (this.live.counters.overflowed > overflowed) onLost();
      },
      times => {
        this.lost += times;
        onLost();
      },
    );
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.fanotify?.stop();
    await this.live.stop();
    this.#lookup.close();
  }
}
