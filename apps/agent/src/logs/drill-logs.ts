/**
 * The logs of drills: a folder in the agent's state, which only its owner may write, whose logs are followed from
 * their start. It is how `redoubt drill` proves that what a log says is found; without a drill it is empty.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { FileSourceConfig } from './config/types.ts';

/** Name of the source; it is not among those that an operator sets up. */
export const drillSource = 'drill';

/** How often to look for the log of a drill. */
export const drillRescanMilliseconds = 1_000;

/** Where a drill writes its log, each in a folder of its own. */
export function drillLogFolder(stateDirectory: string): string {
  return join(stateDirectory, 'drill-logs');
}

/** Makes the folder, without what a drill left that was killed together with its guard. */
export function prepareDrillLogs(stateDirectory: string): void {
  const folder = drillLogFolder(stateDirectory);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/** The source that follows these logs; what format one has is told from its lines. */
export function drillLogSource(stateDirectory: string): FileSourceConfig {
  const paths = [join(drillLogFolder(stateDirectory), '*', '*.log')];
  return { type: 'file', name: drillSource, paths, from: 'start' };
}
