/** Files judged as they change, against one golden state, for as long as it counts. */
import { join } from 'node:path';
import {
  filesCollector,
  type Golden,
  LiveDrift,
  type PolicyWatch,
  requireFitting,
  type Vault,
  watchPolicy,
} from '@redoubt/baseline';
import { deviceOf } from '../host/host.ts';
import { shippedContent } from '../options.ts';
import type { PartContext } from '../part.ts';
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

  get golden(): Golden {
    return this.drift.golden;
  }

  /** @throws StateError as `Vault.open` and `requireFitting` */
  static async open({ context, vault, onLost }: GoldenWatchOptions): Promise<GoldenWatch> {
    const filePolicy = await vault.filePolicy();
    const collector = filesCollector({
      content: shippedContent,
      ...(filePolicy !== undefined && { filePolicy }),
    });
    // A host that has no golden state yet has no key to check one with either.
    const isSigned = (await vault.golden('files')) !== undefined;
    const golden = await vault.open('files', isSigned ? await vault.verifiers() : []);
    try {
      requireFitting(golden, collector, context.host.machine_id || context.host.hostname, '/');
      const drift = await LiveDrift.open({
        collector,
        golden,
        vault,
        lookupFile: join(vault.directory, `files.${golden.header.generation}.lookup`),
        device: deviceOf(context.host),
        onFinding: context.publish,
        onOverflow: onLost,
      });
      return new GoldenWatch(drift);
    } finally {
      await golden.close();
    }
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
