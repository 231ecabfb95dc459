/** Files judged as they change, against one golden state, for as long as it counts. */
import {
  filesCollector,
  GoldenLookup,
  type KnownGolden,
  LiveDrift,
  type PolicyWatch,
  type Vault,
  watchPolicy,
} from '@redoubt/baseline';
import { deviceOf } from '../host/host.ts';
import { shippedContent } from '../options.ts';
import type { PartContext } from '../part.ts';
import { indexGolden } from './golden-index.ts';
import { processOfPid } from './who.ts';

/** Where the part listens. */
export interface GoldenWatchOptions {
  readonly context: PartContext;
  readonly vault: Vault;
  /** Events were lost: only a whole check can tell what changed meanwhile. */
  readonly onLost: () => void;
}

/** One golden state under watch. */
export class GoldenWatch {
  readonly drift: LiveDrift;
  /** Present when fanotify or inotify is listened to. */
  watch: PolicyWatch | undefined;
  /** Times that the kernel's queue of fanotify overflowed. */
  lost = 0;

  private constructor(drift: LiveDrift) {
    this.drift = drift;
  }

  get golden(): KnownGolden {
    return this.drift.golden;
  }

  /** @throws StateError as `Vault.open` and `requireFitting`; Error when the child that reads the state is ended */
  static async open({ context, vault, onLost }: GoldenWatchOptions): Promise<GoldenWatch> {
    // Without a signed state there is nothing to index, and no key to check one with: this says what is wrong.
    if ((await vault.golden('files')) === undefined) await vault.open('files', []);
    const { golden, lookup } = await indexGolden(vault.directory);
    const filePolicy = await vault.filePolicy();
    const collector = filesCollector({
      content: shippedContent,
      ...(filePolicy !== undefined && { filePolicy }),
    });
    const drift = new LiveDrift({
      collector,
      golden,
      vault,
      lookup: GoldenLookup.open(lookup),
      device: deviceOf(context.host),
      onFinding: context.publish,
      onOverflow: onLost,
    });
    return new GoldenWatch(drift);
  }

  /** Listens to fanotify or inotify, where no sensor in the kernel tells of changes. @throws Error where that is not possible */
  async listen({ context, onLost }: GoldenWatchOptions): Promise<void> {
    this.watch = await watchPolicy(
      this.drift.policy,
      ({ key, pid }) => this.drift.touch(key, () => processOfPid(context.sensor, pid)),
      times => {
        this.lost += times;
        onLost();
      },
    );
  }

  async stop(): Promise<void> {
    await this.watch?.stop();
    await this.drift.stop();
  }
}
