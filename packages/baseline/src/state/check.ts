/** Checking the present against the golden state. */
import type { StateChange } from '@redoubt/model';
import type { CollectOptions, Collector, DriftJudgement, Explanation } from '../collector.ts';
import { compareStates } from './compare.ts';
import { collectorVersion, orderedEntries, policyDigest } from './create.ts';
import { StateError } from './error.ts';
import type { KeyRange } from './ranges.ts';
import { openState } from './read.ts';
import type { Golden, Vault } from './vault.ts';
import { LineWriter } from './write.ts';

/** One difference and what it means. */
export interface Drift {
  readonly change: StateChange;
  /** Absent when it is of no interest. */
  readonly judgement?: DriftJudgement;
  /** Present when it is as it should be. */
  readonly explanation?: Explanation;
  /** What has changed inside, line by line, with secrets masked. */
  readonly lines?: readonly string[];
}

/** Changes of a check that are told line by line. */
const mostLines = 1000;

/** Refuses a golden state that was made under other conditions. @throws StateError `policy`, `version`, `host` */
export function requireFitting(golden: Golden, collector: Collector, host: string, root: string): void {
  const { header, file } = golden;
  const version = collectorVersion(collector);
  if (header.collectorVersion !== version)
    throw new StateError('version', {
      en: `${file} was made by version ${header.collectorVersion} of ${collector.name}, this is version ${version}; make it anew`,
      zh: `${file} 由 ${collector.name} 第 ${header.collectorVersion} 版生成，当前为第 ${version} 版；请重新创建`,
    });
  if (header.policy !== policyDigest(collector))
    throw new StateError('policy', {
      en: `the policy of ${collector.name} is not the one that ${file} was made under; make the state anew, or bring the policy back`,
      zh: `${collector.name} 的策略与生成 ${file} 时的策略不同；请重新创建状态，或恢复原策略`,
    });
  if (header.host.id !== host)
    throw new StateError('host', {
      en: `${file} is of another host: ${header.host.name}`,
      zh: `${file} 属于另一台主机：${header.host.name}`,
    });
  if (header.root !== root)
    throw new StateError('host', {
      en: `${file} was made of ${header.root}, not of ${root}`,
      zh: `${file} 取自 ${header.root}，而不是 ${root}`,
    });
}

/**
 * Compares what is with what should be. Every difference is yielded as it is found and kept in the vault, where
 * `accept` and `restore` find it once the check has come to its end.
 * @param golden has been verified, see `Vault.open`
 * @throws StateError `torn` or `write`; whatever the collector throws
 */
export async function* checkState(
  collector: Collector,
  golden: Golden,
  options: CollectOptions,
  vault: Vault,
): AsyncGenerator<Drift> {
  let ranges: readonly KeyRange[] | undefined;
  const previous = async function* () {
    const again = await openState(golden.file);
    try {
      yield* again.entries(ranges);
    } finally {
      await again.close();
    }
  };
  // What a crash takes with it, the next check finds again.
  const record = new LineWriter(vault.driftFileOf(collector.name), { durable: false });
  let whole = false;
  let told = 0;
  try {
    await record.line(JSON.stringify({ state: golden.digest, time: Date.now() }));
    ranges = options.full ? undefined : await collector.changed?.(golden, options);
    const present = () =>
      orderedEntries(collector, { ...options, previous, ...(ranges && { ranges }) }, vault.directory);
    const changes =
      ranges?.length === 0 ? [] : compareStates(golden.entries(ranges), present(), collector.volatile);
    for await (const change of changes) {
      const judgement = collector.judge(change);
      const explanation =
        judgement &&
        (await collector.explain?.(change, { root: options.root, since: golden.header.created }));
      const lines =
        judgement && told++ < mostLines
          ? await collector.lines?.(change, { root: options.root, copies: vault.copies })
          : undefined;
      const drift: Drift = {
        change,
        ...(judgement === undefined ? {} : { judgement }),
        ...(explanation === undefined ? {} : { explanation }),
        ...(lines === undefined ? {} : { lines }),
      };
      const rest = record.line(JSON.stringify(drift));
      if (rest !== undefined) await rest;
      yield drift;
    }
    await record.line('{"end":true}');
    await record.finish();
    whole = true;
  } finally {
    if (!whole) await record.abandon();
  }
}
