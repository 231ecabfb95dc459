/** What the scanners of the agent work with: the rules in force, the indicators, and a clamd that runs anyhow. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineSettings } from '@redoubt/detect/scan-helper';
import { contentFolder } from '../content/folders.ts';

/** Engine settings as the host is now. No clamd is started for it: that would cost a gigabyte. */
export async function accessEngines(stateDirectory: string): Promise<EngineSettings> {
  const { findClamd } = await import('@redoubt/detect/scan-helper');
  const clamd = await findClamd();
  const indicators = join(stateDirectory, 'indicators.bin');
  const model = modelOf(stateDirectory);
  return {
    yaraRules: [contentFolder(stateDirectory, 'yara')],
    ...(existsSync(model) && { model }),
    ...(clamd !== undefined && { clamdSocket: clamd.socket }),
    ...(clamd?.most !== undefined && { clamdMost: clamd.most }),
    ...(existsSync(indicators) && { indicators }),
  };
}

/** The learned model of a release, if it has one. */
function modelOf(stateDirectory: string): string {
  return join(contentFolder(stateDirectory, 'models'), 'static.json');
}

/** Changes whenever rules, indicators or the model do. */
export function enginesVersion(stateDirectory: string): string {
  const folder = contentFolder(stateDirectory, 'yara');
  const files = [
    join(stateDirectory, 'indicators.bin'),
    modelOf(stateDirectory),
    ...namesIn(folder).map(name => join(folder, name)),
  ];
  return files
    .map(file => {
      const stats = statSync(file, { throwIfNoEntry: false });
      return `${file}:${stats?.mtimeMs}:${stats?.size}`;
    })
    .join('\n');
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
