/** What the last check found, as it was kept. */
import { existsSync } from 'node:fs';
import type { Drift } from './check.ts';
import { StateError } from './error.ts';
import { torn } from './format.ts';
import { lineBatches } from './read.ts';
import type { Vault } from './vault.ts';

/** A check that was kept. */
export interface KeptCheck {
  /** SHA-256 of the golden state that it compared with. */
  readonly state: string;
  readonly time: number;
  /** The differences, in the order of keys. @throws StateError `torn` */
  drifts(): AsyncGenerator<Drift>;
}

function parsed(line: string, file: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw torn(file, 'a line is no JSON', '有一行不是 JSON', error);
  }
}

/** Opens the last check of a collector. @throws StateError `missing` when there was none, `torn` */
export async function openDrift(vault: Vault, collector: string): Promise<KeptCheck> {
  const file = vault.driftFileOf(collector);
  if (!existsSync(file))
    throw new StateError('missing', {
      en: `${collector} has not been checked yet; say: redoubt baseline check ${collector}`,
      zh: `尚未检查 ${collector}；请执行：redoubt baseline check ${collector}`,
    });
  const batches = lineBatches(file);
  const first = await batches.next();
  const [head, ...more] = first.done ? [] : first.value;
  const { state, time } = parsed(head ?? '', file) as { state?: unknown; time?: unknown };
  if (typeof state !== 'string' || typeof time !== 'number')
    throw torn(file, 'it has no header', '没有文件头');

  async function* drifts(): AsyncGenerator<Drift> {
    let ended = false;
    try {
      for (let lines: string[] | undefined = more; lines !== undefined; ) {
        for (const line of lines) {
          const value = parsed(line, file) as Drift & { end?: true };
          if (value.end === true) ended = true;
          else if (typeof value.change?.key === 'string') yield value;
          else throw torn(file, 'a line is no change', '有一行不是变更');
        }
        const next: IteratorResult<string[]> = await batches.next();
        lines = next.done ? undefined : next.value;
      }
    } finally {
      await batches.return(undefined);
    }
    if (!ended) throw torn(file, 'its end is missing', '缺少结尾');
  }
  return { state, time, drifts };
}
