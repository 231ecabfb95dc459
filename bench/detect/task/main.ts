/** One measurement in this process: the job is the only argument, the outcome goes to the parent. */
import type { Job } from '../job.ts';
import { compareEngines } from './compare.ts';
import { measureEvtx } from './evtx.ts';
import { measureFollow } from './follow.ts';
import { measureHostile } from './hostile.ts';
import { measureMemory } from './memory.ts';
import { measureRate } from './rate.ts';

function measure(job: Job): Promise<object> {
  switch (job.type) {
    case 'rate':
      return measureRate(job.rules, job.events, job.seconds);
    case 'same':
      return compareEngines(job.rules, job.events, job.sample);
    case 'hostile':
      return measureHostile(job.rules, job.lines);
    case 'memory':
      return measureMemory(job.rules, job.lines);
    case 'evtx':
      return measureEvtx(job.rules, job.file, job.seconds);
    case 'follow':
      return measureFollow(job.folder, job.seconds);
  }
}

const outcome = await measure(JSON.parse(process.argv[2] ?? '') as Job);
process.send?.(outcome, () => process.disconnect());
