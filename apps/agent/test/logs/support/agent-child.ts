/** A real agent in a process of its own, to be killed: `node agent-child.ts STATE_DIRECTORY RULES`. */
import { join } from 'node:path';
import { defaultOptions, runAgent } from '../../../src/agent.ts';

const [stateDirectory = '', rules = ''] = process.argv.slice(2);
const agent = await runAgent({
  ...defaultOptions(),
  port: 0,
  socket: join(stateDirectory, 'agent.sock'),
  stateDirectory,
  rules: [rules],
  mode: 'reduced',
});
process.once('SIGTERM', () => void agent.stop().then(() => process.exit(0)));
process.stdout.write('ready\n');
