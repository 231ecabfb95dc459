/** Accepting drift: a new state with the changes in it, and in its history who accepted them and why. */
import type { StateChange } from '@redoubt/model';
import type { Collector } from '../collector.ts';
import type { Drift } from './check.ts';
import { applyChanges } from './compare.ts';
import { type CreatedState, keepingCopies, type StateContext } from './create.ts';
import { openDrift } from './drift-file.ts';
import { StateError } from './error.ts';
import type { HistoryEntry, StateHeader } from './format.ts';
import { openState } from './read.ts';
import type { Golden } from './vault.ts';
import { writeState } from './write.ts';

/** Keys that the history names, for each decision. */
const namedKeys = 100;
/** Decisions that a state remembers; its predecessors remember the others. */
const remembered = 200;

/** What is accepted, by whom and why. */
export interface Acceptance {
  readonly who: string;
  readonly why: string;
  /** Which of the differences of the last check. */
  readonly chosen: (drift: Drift) => boolean;
}

/**
 * Makes a state that waits for its signature out of the golden one and chosen differences of the last check.
 * @returns undefined when nothing was chosen
 * @throws StateError `missing` when the last check compared with another state, `torn`, `write`
 */
export async function acceptDrift(
  collector: Collector,
  golden: Golden,
  { who, why, chosen }: Acceptance,
  { vault, host, redoubt }: StateContext,
): Promise<CreatedState | undefined> {
  const { name } = collector;
  const counts = { added: 0, removed: 0, changed: 0 };
  const keys: string[] = [];
  const check = await openDrift(vault, name);
  if (check.state !== golden.digest)
    throw new StateError('missing', {
      en: `the last check of ${name} was made against another state; say: redoubt baseline check ${name}`,
      zh: `${name} 的上次检查针对另一状态；请执行：redoubt baseline check ${name}`,
    });
  for await (const drift of check.drifts()) {
    if (!chosen(drift)) continue;
    counts[drift.change.kind]++;
    if (keys.length < namedKeys) keys.push(drift.change.key);
  }
  if (keys.length === 0) return undefined;

  const { stretches: _, gaps, ...before } = golden.header;
  const folders = [...(gaps?.folders ?? [])];
  const changes = async function* (): AsyncGenerator<StateChange> {
    for await (const { change, ...drift } of (await openDrift(vault, name)).drifts()) {
      if (!chosen({ change, ...drift })) continue;
      // What is new inside may not have been accepted with it.
      if (change.kind !== 'removed' && change.after.facts['type'] === 'folder') folders.push(change.key);
      yield change;
    }
  };
  const time = Date.now();
  const decision: HistoryEntry = { time, action: 'accepted', who, why, ...counts, keys };
  const header: StateHeader = {
    ...before,
    host,
    redoubt,
    created: time,
    generation: golden.header.generation + 1,
    previous: golden.digest,
    history: [...golden.header.history, decision].slice(-remembered),
  };
  const file = vault.fileOf(name, header.generation);
  const base = await openState(golden.file);
  try {
    const entries = applyChanges(base.entries(), changes());
    const kept = keepingCopies(entries, collector, { root: header.root, copies: vault.copies });
    const footer = await writeState(file, header, kept, {
      gaps: () => ({ unseen: gaps?.unseen ?? [], folders: [...new Set(folders)] }),
    });
    return { entry: { collector: name, generation: header.generation, file, signed: false }, header, footer };
  } finally {
    await base.close();
  }
}
