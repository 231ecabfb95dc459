/** Writes numbered syslog lines at a given rate and rotates: `log-writer.ts PATH TOTAL RATE ROTATE-EVERY`. */
import { closeSync, openSync, renameSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const [path = '', total = 0, rate = 1, rotateEvery = 1] = process.argv
  .slice(2)
  .map((text, index) => (index === 0 ? text : Number(text))) as [string, number, number, number];

let file = openSync(path, 'a');
let rotation = 0;
const begin = performance.now();
for (let written = 0; written < total; ) {
  const due = Math.min(total, Math.floor(((performance.now() - begin) / 1000) * rate));
  let text = '';
  for (; written < due; written++) {
    text += `2026-01-05T12:00:00+00:00 web1 app[811]: request for /index.html was answered, number ${written}\n`;
    if ((written + 1) % rotateEvery !== 0 || written + 1 === total) continue;
    writeSync(file, text);
    text = '';
    closeSync(file);
    renameSync(path, `${path}.${++rotation}`);
    file = openSync(path, 'a');
  }
  if (text !== '') writeSync(file, text);
  await sleep(5);
}
closeSync(file);
