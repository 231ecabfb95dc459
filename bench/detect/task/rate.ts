/** Events a second of processor time on one core. */
import { createDetector, type Detector } from '@redoubt/detect';
import { median } from '../../lib/statistics.ts';
import type { Events, Rate, Rules } from '../job.ts';
import { openEvents } from './events.ts';
import { processorSeconds } from './processor.ts';
import { loadRules } from './rules.ts';

function costliestOf(detector: Detector, seconds: number): Rate['costliest'] {
  const [first] = detector.statistics().toSorted((a, b) => b.milliseconds - a.milliseconds);
  if (first === undefined) return undefined;
  return { rule: first.rule.title, share: first.milliseconds / 1000 / seconds };
}

/** Seconds of processor time of a round, at least: the kernel counts it in ticks of some milliseconds. */
const roundSeconds = 0.4;

/**
 * Goes through the events in rounds until `seconds` of processor time are over, two rounds at least. Findings are
 * made as in the agent. The first round warms up and is not counted; the rate is the median of the others.
 */
export async function measureRate(rules: Rules, events: Events, seconds: number): Promise<Rate> {
  let set = await loadRules(rules);
  const loadSeconds = await processorSeconds(async () => {
    set = await loadRules(rules);
  });
  const replay = await openEvents(events);
  let matches = 0;
  const counter = createDetector(set, { onFinding: () => undefined, onMatch: () => void matches++ });
  const count = await replay.judge(counter);
  if (count === 0) throw new Error('there are no events to judge');
  const detector = createDetector(set, { onFinding: () => undefined });
  const rounds: number[] = [];
  let spent = 0;
  for (let round = 0; round < 3 || spent < seconds; round++) {
    let judged = 0;
    let taken = 0;
    while (taken < roundSeconds) {
      taken += await processorSeconds(async () => {
        judged += await replay.judge(detector);
      });
    }
    if (round > 0) rounds.push(judged / taken);
    spent += taken;
  }
  return {
    perSecond: median(rounds),
    rounds,
    events: count,
    matches,
    loadSeconds,
    costliest: costliestOf(detector, spent),
  };
}
