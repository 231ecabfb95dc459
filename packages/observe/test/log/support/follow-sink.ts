/**
 * A follower in a process of its own, for tests that kill it: `node follow-sink.ts LOG OUT`. Lines and position
 * go to OUT in one append; what a torn append left behind is cut off at the next start.
 */
import { appendFileSync, existsSync, openSync, readFileSync, truncateSync } from 'node:fs';
import { type FollowPosition, followFile } from '../../../src/log/index.ts';

const [log = '', out = ''] = process.argv.slice(2);
const mark = '\n\0POSITION ';
let position: FollowPosition | undefined;
if (existsSync(out)) {
  const kept = readFileSync(out, 'latin1');
  let end = 0;
  for (let at = kept.lastIndexOf(mark); at >= 0; at = kept.lastIndexOf(mark, at - 1)) {
    const stop = kept.indexOf('\n', at + mark.length);
    if (stop < 0) continue;
    position = JSON.parse(kept.slice(at + mark.length, stop)) as FollowPosition;
    end = stop + 1;
    break;
  }
  truncateSync(out, end);
}
const file = openSync(out, 'a');
for await (const batch of followFile({
  path: log,
  position,
  pollMilliseconds: 20,
  retireMilliseconds: 1500,
  onDamage: damage => process.stderr.write(`${JSON.stringify(damage)}\n`),
})) {
  appendFileSync(
    file,
    Buffer.concat([batch.bytes, Buffer.from(`${mark}${JSON.stringify(batch.position)}\n`)]),
  );
}
