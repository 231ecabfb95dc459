/** Run by the test inside a mount namespace of its own: compares the views of processes and prints what it found. */
import { checkProcesses } from '../../src/rootkit/index.ts';

const { findings } = await checkProcesses();
process.stdout.write(JSON.stringify(findings));
