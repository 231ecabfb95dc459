/** The calls by which the vault changes anything; tests end the process in front of and behind each of them. */
import fs from 'node:fs';

export type VaultCalls = Pick<
  typeof fs,
  | 'openSync'
  | 'closeSync'
  | 'readSync'
  | 'writeSync'
  | 'fsyncSync'
  | 'renameSync'
  | 'linkSync'
  | 'unlinkSync'
  | 'fchmodSync'
  | 'fchownSync'
>;

/** The system's own. */
export const systemCalls: VaultCalls = fs;
