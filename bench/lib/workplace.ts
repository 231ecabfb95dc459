/** Where a benchmark works: a folder of its own on a real file system. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { onCleanup } from './cleanup.ts';
import { run } from './command.ts';

/** The checkout that this benchmark belongs to. */
export const repository = join(import.meta.dirname, '../..');

/** Folder of the built storm programs. */
export const programs = join(import.meta.dirname, '../build');

/** A folder that a benchmark works in. */
export interface Workplace {
  folder: string;
  /** Removes it with all that is in it, before the benchmark ends. */
  remove(): Promise<void>;
}

/**
 * A new empty folder, removed with all that is in it when the benchmark ends. Below /var/tmp by default, because
 * /tmp is a file system in memory on many machines. Others may enter it: nginx and PostgreSQL run as users of
 * their own.
 */
export function makeWorkplace(name: string, parent = '/var/tmp'): Workplace {
  const folder = mkdtempSync(join(parent, `redoubt-bench-${name}-`));
  chmodSync(folder, 0o755);
  const remove = onCleanup(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return { folder, remove };
}

/** Builds the storm programs if they are not there or are older than their source. */
export async function buildPrograms(): Promise<void> {
  await run('make', ['-s', '-C', join(import.meta.dirname, '../workload/native')]);
}
