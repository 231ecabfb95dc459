/** Writes files at a rate until it is told to end: `storm.ts FOLDER RATE`; prints how many it wrote in how many seconds. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [, , folder = '', rate = '0'] = process.argv;
const begun = performance.now();
const names = Array.from({ length: 1000 }, (_, at) => join(folder, `elsewhere-${at}`));
let written = 0;
const timer = setInterval(() => {
  const wanted = ((performance.now() - begun) / 1000) * Number(rate);
  // What could not be written in time is not made up for: the rate that was reached is told.
  const most = Number(rate) / 10;
  for (let one = 0; written < wanted && one < most; one++)
    writeFileSync(names[written % 1000] ?? '', `${written++}`);
}, 5);
process.once('SIGTERM', () => {
  clearInterval(timer);
  process.stdout.write(JSON.stringify({ written, seconds: (performance.now() - begun) / 1000 }));
});
