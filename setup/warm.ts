/**
 * Starts an agent on a folder of its own, asks it for its status as a user would, and stops it again, so that Node
 * keeps the compiled form of all that code. Without that, the first real agent would carry the TypeScript parser
 * (25 MB) with it for as long as it runs. Node keeps code by its flags: this must run with those of the launcher.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultOptions, runAgent } from '../apps/agent/src/agent.ts';
import { makeEngines } from '../packages/detect/src/scan/index.ts';

const commandLine = join(import.meta.dirname, '../apps/cli/src/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'redoubt-warm-'));
const socket = join(folder, 'agent.sock');
try {
  const stateDirectory = join(folder, 'state');
  const agent = await runAgent({ ...defaultOptions(), port: 0, socket, stateDirectory });
  const asking = spawn(process.execPath, [...process.execArgv, commandLine, 'status', '--socket', socket], {
    stdio: 'ignore',
  });
  await once(asking, 'exit');
  await agent.stop();
  // What reads hostile files for the agent runs as nobody, who can read the cache and not add to it.
  await import('../packages/detect/src/scan/helper/child.ts');
  const engines = await makeEngines({ yaraRules: [join(import.meta.dirname, '../content/yara')] });
  await Promise.all(engines.map(engine => engine.close?.()));
} finally {
  rmSync(folder, { recursive: true, force: true });
  flushCompileCache();
}
