/**
 * Events per second of processor time on one core, by the number of rules: compiled and plain engine, mixed events and single
 * kinds. Prints a table. Run: node packages/detect/bench/engine.ts
 */
import { readFile } from 'node:fs/promises';
import type { EventKind, EventView } from '@redoubt/model';
import { createDetector, RuleSet } from '../src/index.ts';
import { readRuleFiles } from '../src/rules/files.ts';
import type { MatcherFactory } from '../src/sigma/matcher.ts';
import { referenceMatcher } from '../src/sigma/reference/matcher.ts';
import { generateEvents, generateRule, randomOf } from './generate.ts';

const own = await readRuleFiles(new URL('../../../content/rules', import.meta.url).pathname);

/** Best of three rounds, each at least half a second of processor time of this thread; the first warms up. */
function measure(
  rules: RuleSet,
  events: readonly EventView[],
  matcher: MatcherFactory | undefined,
): { rate: number; findings: number } {
  let findings = 0;
  const onFinding = (): void => {
    findings++;
  };
  const detector = createDetector(rules, matcher === undefined ? { onFinding } : { onFinding, matcher });
  let best = 0;
  for (let round = 0; round < 3; round++) {
    const start = process.threadCpuUsage();
    let done = 0;
    let seconds = 0;
    do {
      for (const event of events) detector.evaluate(event);
      done += events.length;
      const { user, system } = process.threadCpuUsage(start);
      seconds = (user + system) / 1e6;
    } while (seconds < 0.5);
    best = Math.max(best, done / seconds);
  }
  return { rate: best, findings };
}

const rows: Record<string, string>[] = [];
const kinds: readonly (EventKind | undefined)[] = [undefined, 'process.exec', 'file.write', 'file.read'];
for (const count of [0, 30, 300, 3_000]) {
  const random = randomOf(42);
  const files = Array.from({ length: count }, (_, number) => ({
    name: `${number}.yml`,
    text: generateRule(random, number),
  }));
  const before = process.memoryUsage().heapUsed;
  const start = performance.now();
  const rules = RuleSet.of(count === 0 ? own : files);
  const loading = performance.now() - start;
  for (const kind of kinds) {
    const { rate } = measure(rules, generateEvents(1_000, kind), undefined);
    const plain = measure(rules, generateEvents(200, kind), referenceMatcher).rate;
    rows.push({
      rules: count === 0 ? `own (${rules.report.loaded})` : String(count),
      events: kind ?? 'mixed',
      'events/s': Math.round(rate).toLocaleString('en'),
      'µs/event': (1e6 / rate).toFixed(2),
      'plain events/s': Math.round(plain).toLocaleString('en'),
      'times faster': (rate / plain).toFixed(1),
    });
  }
  const heap = (process.memoryUsage().heapUsed - before) / 1e6;
  console.log(
    `${count === 0 ? 'own' : count} rules: read in ${Math.round(loading)} ms, heap ${heap.toFixed(0)} MB more, RSS ${Math.round(process.memoryUsage.rss() / 1e6)} MB`,
  );
}
const cpu = (await readFile('/proc/cpuinfo', 'utf8')).match(/model name\s*: (.*)/)?.[1] ?? 'unknown';
console.log(`${cpu}; Node ${process.version}`);
console.table(rows);
