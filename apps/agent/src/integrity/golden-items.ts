/** Every kind of golden state, with what the vault has of it. */
import { statSync } from 'node:fs';
import { collectors, type Vault } from '@redoubt/baseline';
import type { GoldenItem } from './contract.ts';

/** Looks at the folder only; signatures are checked where a state is relied on. */
export async function goldenItems(vault: Vault): Promise<GoldenItem[]> {
  const entries = await vault.list();
  return collectors.map(({ name, title }) => {
    const own = entries.filter(({ collector }) => collector === name);
    const golden = own.findLast(({ signed }) => signed);
    const last = own.at(-1);
    const made = golden && changed(golden.file);
    const checked = changed(vault.driftFileOf(name));
    return {
      name,
      title,
      ...(golden !== undefined && { generation: golden.generation }),
      ...(made !== undefined && { made_time: made }),
      ...(last?.signed === false && { pending: last.generation }),
      ...(checked !== undefined && { checked_time: checked }),
    };
  });
}

function changed(file: string): number | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats === undefined ? undefined : Math.round(stats.mtimeMs);
}
