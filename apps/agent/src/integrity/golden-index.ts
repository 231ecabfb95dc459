/** The golden state of files made ready for looking up single entries, by a child whose memory is not the agent's. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type KnownGolden, StateError, type StateErrorCode } from '@redoubt/baseline';
import type { Bilingual } from '@redoubt/model';
import { shippedContent } from '../options.ts';

const run = promisify(execFile);
const child = join(import.meta.dirname, 'index-child.ts');

/** A verified state, and the file of its index, which whoever asked for it removes. */
export interface IndexedGolden {
  readonly golden: KnownGolden;
  readonly lookup: string;
}

/** What the child prints: one line of JSON. */
export type IndexAnswer =
  | IndexedGolden
  | { readonly refused: { readonly code: StateErrorCode; readonly text: Bilingual } };

/**
 * Verifies the golden state of files in a folder and indexes its entries.
 * @throws StateError as `Vault.open` and `requireFitting`; Error when the child is ended
 */
export async function indexGolden(directory: string): Promise<IndexedGolden> {
  const { stdout } = await run(process.execPath, [child, directory, shippedContent], { maxBuffer: 64 << 20 });
  const answer = JSON.parse(stdout) as IndexAnswer;
  if ('refused' in answer) throw new StateError(answer.refused.code, answer.refused.text);
  return answer;
}
