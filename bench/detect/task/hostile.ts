/** What a text costs that is made to be slow: nearly what many rules look for, over and over. */
import { createDetector } from '@redoubt/detect';
import { readLog } from '@redoubt/observe/log';
import type { Hostile, Rules } from '../job.ts';
import { openEvents } from './events.ts';
import { pieces } from './pieces.ts';
import { loadRules } from './rules.ts';

const textBytes = 16 * 1024;

/** Texts that regular expressions and searches of a naive engine are slow on. */
const texts = [
  'a'.repeat(textBytes),
  'curl -sSL '.repeat(textBytes / 10),
  '\\powershell.exe'.repeat(textBytes / 15),
  ' -ba /ce --di='.repeat(textBytes / 14),
  `${'(('.repeat(textBytes / 2)}`,
  'AAAA '.repeat(textBytes / 5),
];

/** One event in a hundred has such a text as command line; says what part of the time goes to those. */
export async function measureHostile(rules: Rules, path: string): Promise<Hostile> {
  const set = await loadRules(rules);
  const detector = createDetector(set, { onFinding: () => undefined });
  const ordinary = (await (await openEvents({ lines: path })).first(texts.length * 99)).slice();
  const made = texts.map(text =>
    JSON.stringify({
      EventTime: '2026-01-05T12:00:00.000Z',
      EventID: 1,
      Channel: 'Microsoft-Windows-Sysmon/Operational',
      Hostname: 'host1.example',
      Image: 'C:\\Windows\\System32\\cmd.exe',
      CommandLine: text,
      ParentCommandLine: text,
    }),
  );
  const reader = readLog(pieces(Buffer.from(made.join('\n'))), { name: 'hostile', format: 'winlogbeat' });
  const hostile = await Array.fromAsync(reader);
  for (let warm = 0; warm < 5; warm++) {
    for (const step of ordinary) step(detector);
    for (const record of hostile) detector.evaluateRecord(record);
  }
  // The least of several times is the one that nothing else of the machine stood in the way of.
  const least = hostile.map(() => Number.POSITIVE_INFINITY);
  let ordinarySeconds = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 30; round++) {
    ordinarySeconds = Math.min(
      ordinarySeconds,
      secondsOf(() => {
        for (const step of ordinary) step(detector);
      }),
    );
    for (const [index, record] of hostile.entries()) {
      const taken = secondsOf(() => detector.evaluateRecord(record));
      least[index] = Math.min(least[index] ?? 0, taken);
    }
  }
  const slow = least.reduce((sum, taken) => sum + taken, 0);
  const slowest = Math.max(...least) * 1000;
  return { share: slow / (slow + ordinarySeconds), bytes: textBytes, slowest };
}

function secondsOf(work: () => void): number {
  const begin = performance.now();
  work();
  return (performance.now() - begin) / 1000;
}
