/** Where a host's updates come from: `content/source.json` in the state directory. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Settings of updates. */
export interface UpdateSettings {
  /** An `https://` address or a folder. */
  readonly from: string;
  /** Group of this host in staged roll-outs; empty for none. */
  readonly group: string;
  /** Hours between the agent's own looks; 0 for never. */
  readonly everyHours: number;
}

/** Path of the settings. */
export function updateSettingsPath(stateDirectory: string): string {
  return join(stateDirectory, 'content', 'source.json');
}

/**
 * Reads the settings; undefined when no repository was chosen.
 * @throws Error naming the file and the member that is wrong
 */
export function readUpdateSettings(stateDirectory: string): UpdateSettings | undefined {
  const path = updateSettingsPath(stateDirectory);
  if (!existsSync(path)) return undefined;
  const wrong = (what: string): Error => new Error(`${path}: ${what}`);
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new Error(`${path}: is not JSON`, { cause });
  }
  const { from, group = '', everyHours = 0 } = value;
  if (typeof from !== 'string' || from === '') throw wrong('"from" is missing');
  if (typeof group !== 'string') throw wrong('"group" is no text');
  if (typeof everyHours !== 'number' || !(everyHours >= 0)) throw wrong('"everyHours" is no number of hours');
  return { from, group, everyHours };
}
