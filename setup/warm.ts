/**
 * Starts an agent on a folder of its own and stops it again, so that Node keeps the compiled form of all its code.
 * Without that, the first real agent would carry the TypeScript parser (25 MB) with it for as long as it runs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultOptions, runAgent } from '../apps/agent/src/agent.ts';

const folder = mkdtempSync(join(tmpdir(), 'redoubt-warm-'));
try {
  const agent = await runAgent({
    ...defaultOptions(),
    port: 0,
    socket: join(folder, 'agent.sock'),
    stateDirectory: join(folder, 'state'),
  });
  await agent.stop();
} finally {
  rmSync(folder, { recursive: true, force: true });
  flushCompileCache();
}
