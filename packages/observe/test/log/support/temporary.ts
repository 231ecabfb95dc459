/** A folder that is gone after the test, however it ends. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** Makes a temporary folder. */
export async function temporaryFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'redoubt-log-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
