/**
 * Changes files at a rate until it is told to end: `storm.ts FOLDER RATE`; prints how many it changed in how many seconds.
 * Each change opens a file, writes and closes it. The file is not cut off before: ext4 then writes it to the disk at
 * once (ext4(5), auto_da_alloc), and the disk would set the rate.
 */
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const [, , folder = '', rate = '0'] = process.argv;
const names = Array.from({ length: 1000 }, (_, at) => join(folder, `elsewhere-${at}`));
for (const name of names) writeFileSync(name, 'before');

/** What could not be written within a second is not made up for: the rate that was reached is told. */
const most = Number(rate);
let written = 0;
let missed = 0;
const begun = performance.now();
const passed = (): number => (performance.now() - begun) / 1000;
const timer = setInterval(() => {
  const due = Math.floor(passed() * Number(rate)) - written - missed;
  const now = Math.min(due, most);
  missed += due - now;
  for (const last = written + now; written < last; written++) {
    const file = openSync(names[written % 1000] ?? '', 'r+');
    writeSync(file, `${written}`);
    closeSync(file);
  }
}, 2);
process.once('SIGTERM', () => {
  clearInterval(timer);
  process.stdout.write(JSON.stringify({ written, seconds: passed() }));
});
