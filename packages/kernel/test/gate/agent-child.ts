/** An owner of a gate that is killed or stopped: `node agent-child.ts FOLDER`. Its judge never answers. */
import { ExecGate } from '../../src/index.ts';
import { below } from './support.ts';

const [folder = ''] = process.argv.slice(2);
const gate = ExecGate.open({
  judge: ({ path }) =>
    path.endsWith('good') ? Promise.resolve({ allow: true, remember: true }) : new Promise(() => undefined),
  onEvent: () => undefined,
  covers: below(folder),
  timeout: 60_000,
});
gate.enforce(true);
process.stdout.write('open\n');
process.on('SIGUSR1', () => process.stdout.write(`${JSON.stringify(gate.counters())}\n`));
setInterval(() => undefined, 1_000_000);
