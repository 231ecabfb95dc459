/** One measurement in this process: the job is the only argument, the outcome goes to the parent. */
import type { Job } from '../job.ts';

/** Only what the measurement needs is loaded: what else there is would count as its memory. */
async function measure(job: Job): Promise<object> {
  switch (job.type) {
    case 'rate':
      return (await import('./rate.ts')).measureRate(job.rules, job.events, job.seconds);
    case 'same':
      return (await import('./compare.ts')).compareEngines(job.rules, job.events, job.sample);
    case 'hostile':
      return (await import('./hostile.ts')).measureHostile(job.rules, job.lines);
    case 'memory':
      return (await import('./memory.ts')).measureMemory(job.rules, job.lines);
    case 'evtx':
      return (await import('./evtx.ts')).measureEvtx(job.rules, job.file, job.seconds);
    case 'follow':
      return (await import('./follow.ts')).measureFollow(job.folder, job.seconds);
  }
}

const outcome = await measure(JSON.parse(process.argv[2] ?? '') as Job);
process.send?.(outcome, (error: Error | null) => {
  if (error !== null) process.exitCode = 1;
  process.disconnect?.();
});
