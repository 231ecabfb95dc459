/** Making a golden state: collect, order, write. It counts once it is signed. */
import { mkdir } from 'node:fs/promises';
import type { StateEntry } from '@redoubt/model';
import type { CollectOptions, Collector, KeepOptions } from '../collector.ts';
import {
  formatName,
  formatVersion,
  type HistoryEntry,
  type StateFooter,
  type StateHeader,
} from './format.ts';
import { digestOfText } from './sign.ts';
import { sorted } from './sort.ts';
import type { Vault, VaultEntry } from './vault.ts';
import { mostGaps, writeState } from './write.ts';

/** Who decides, and for which host. */
export interface StateContext {
  readonly vault: Vault;
  readonly host: StateHeader['host'];
  /** Version of Redoubt. */
  readonly redoubt: string;
}

/** A new state. */
export interface CreatedState {
  readonly entry: VaultEntry;
  readonly header: StateHeader;
  readonly footer: StateFooter;
}

export const collectorVersion = (collector: Collector): number => collector.version ?? 1;

export const policyDigest = (collector: Collector): string | null =>
  collector.policy === undefined ? null : digestOfText(collector.policy);

/** The entries of a collector in order; runs that do not fit into memory lie in `temporary` meanwhile. */
export function orderedEntries(
  collector: Collector,
  options: CollectOptions,
  temporary: string,
): AsyncIterable<StateEntry> {
  const entries = collector.collect(options);
  return collector.ordered ? entries : sorted(entries, temporary);
}

/** Entries as they come, a copy of each kept where its collector wants one. */
export async function* keepingCopies(
  entries: AsyncIterable<StateEntry>,
  collector: Collector,
  options: KeepOptions,
): AsyncGenerator<StateEntry> {
  for await (const entry of entries) {
    const work = collector.keep?.(entry, options);
    if (work !== undefined) await work;
    yield entry;
  }
}

/**
 * Collects a new golden state; it replaces one that still waits for its signature.
 * @throws StateError `write`; whatever the collector throws
 */
export async function createState(
  collector: Collector,
  options: CollectOptions,
  decision: { readonly who: string; readonly why: string },
  { vault, host, redoubt }: StateContext,
): Promise<CreatedState> {
  await mkdir(vault.directory, { recursive: true, mode: 0o700 });
  let troubles = 0;
  const gaps = { unseen: [] as string[], folders: [] as string[] };
  const note = (list: string[], key: string): void => {
    if (list.length <= mostGaps) list.push(key);
  };
  const counting: CollectOptions = {
    ...options,
    onTrouble: trouble => {
      troubles++;
      note(gaps.unseen, trouble.key);
      options.onTrouble?.(trouble);
    },
    onIgnoredFolder: key => note(gaps.folders, key),
  };
  const { generation, previous } = await vault.next(collector.name);
  const time = Date.now();
  const history: HistoryEntry = {
    time,
    action: 'created',
    ...decision,
    added: 0,
    removed: 0,
    changed: 0,
    keys: [],
  };
  const header: StateHeader = {
    format: formatName,
    version: formatVersion,
    collector: collector.name,
    collectorVersion: collectorVersion(collector),
    host,
    root: options.root,
    created: time,
    policy: policyDigest(collector),
    ...(collector.trees !== undefined && { trees: collector.trees }),
    generation,
    previous,
    history: [history],
    redoubt,
  };
  const file = vault.fileOf(collector.name, generation);
  const entries = keepingCopies(orderedEntries(collector, counting, vault.directory), collector, {
    root: options.root,
    copies: vault.copies,
    ...(counting.onTrouble === undefined ? {} : { onTrouble: counting.onTrouble }),
  });
  const footer = await writeState(file, header, entries, { troubles: () => troubles, gaps: () => gaps });
  return { entry: { collector: collector.name, generation, file, signed: false }, header, footer };
}
