/**
 * A recorder that is meant to be killed. Arguments: folder, number of the first event. Prints, for each batch,
 * the last number appended, and the last numbers of an event and of a finding that it knows to be written.
 */
import { openRecorder } from '../../src/index.ts';
import { bootId, sampleBatch, sampleFinding, sampleProcess } from './samples.ts';

const [directory = '', from = '1'] = process.argv.slice(2);
const recorder = await openRecorder({ directory, bootId, flushInterval: 20, maintenanceInterval: 50 });
const first = Number(from);
let next = first;
let finding = 0;
for (;;) {
  recorder.append(sampleBatch(next, 50, 'file.create', Date.now()));
  recorder.saveProcesses([sampleProcess(next)]);
  next += 50;
  if (next % 500 === first % 500) {
    recorder.saveFinding(sampleFinding(`finding-${next}`));
    await recorder.flush();
    finding = next;
  }
  process.stdout.write(`${next - 1} ${first + recorder.stats().eventsWritten - 1} ${finding}\n`);
  await new Promise(resolve => setTimeout(resolve, 1));
}
