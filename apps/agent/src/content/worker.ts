/** One update in a thread of its own, so that what it loads leaves the agent again. */
import '../host/quiet-thread.ts';
import { statSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { InstalledContent, openSource, update } from '@redoubt/act/update';
import type { UpdateSettings } from './settings.ts';
import { tryOutContent } from './try-out.ts';

const { settings, stateDirectory, host } = workerData as {
  settings: UpdateSettings;
  stateDirectory: string;
  host: string;
};
const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
const source = await openSource(settings.from, isFolder);
try {
  const report = await update(source, new InstalledContent(stateDirectory), {
    place: { host, group: settings.group },
    tryOut: tryOutContent,
  });
  parentPort?.postMessage(report.outcome);
} finally {
  await source.close();
}
