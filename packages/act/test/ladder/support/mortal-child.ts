/** `node mortal-child.ts FOLDER STEP N`: takes a step and is killed at the Nth point. */
import { Fate, takeStep } from './mortal.ts';

const [folder = '', step = '', at = '0'] = process.argv.slice(2);
await takeStep(folder, step, new Fate(Number(at), () => process.kill(process.pid, 'SIGKILL')));
