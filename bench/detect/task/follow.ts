/** Following a log that is written at 50,000 lines a second and rotated meanwhile: every line, exactly once. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createDetector } from '@redoubt/detect';
import { FollowedLog, followFile } from '@redoubt/observe/log';
import type { Follow } from '../job.ts';
import { loadRules } from './rules.ts';

/** Lines a second that are written. */
const rate = 50_000;
/** Lines between two rotations. */
const rotateEvery = 100_000;

/** Follows, parses and judges by our own rules what another process writes. */
export async function measureFollow(folder: string, seconds: number): Promise<Follow> {
  const detector = createDetector(await loadRules('own'), { onFinding: () => undefined });
  const path = join(folder, 'auth.log');
  const total = rate * seconds;
  const log = new FollowedLog({ name: path, format: 'syslog', timezone: 'UTC' });
  const seen = new Uint8Array(total);
  let got = 0;
  let repeated = 0;
  const follower = followFile({ path, pollMilliseconds: 20 });
  const writer = spawn(
    process.execPath,
    [join(import.meta.dirname, 'log-writer.ts'), path, String(total), String(rate), String(rotateEvery)],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const before = process.cpuUsage();
  // Counted from the first lines on: the writer has to start first.
  let begin = 0;
  // What is missing at the end would be waited for without end.
  let quiet = performance.now();
  const watch = setInterval(() => {
    if (performance.now() - quiet > 15_000) void follower.return(undefined);
  }, 1_000);
  for await (const batch of follower) {
    quiet = performance.now();
    if (begin === 0) begin = quiet;
    for (const record of log.take(batch).records) {
      const number = Number(/number (\d+)$/.exec(String(record.fields['message']))?.[1] ?? -1);
      if (seen[number] === 1) repeated++;
      else if (number >= 0) {
        seen[number] = 1;
        got++;
      }
      detector.evaluateRecord(record);
    }
    if (got + repeated >= total) break;
  }
  clearInterval(watch);
  writer.kill('SIGKILL');
  const taken = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(before);
  return {
    linesPerSecond: got / taken,
    written: total,
    missing: total - got,
    repeated,
    rotations: Math.floor((total - 1) / rotateEvery),
    cpu: (user + system) / 1e6 / taken,
  };
}
