/** The compiled engine beside the plain evaluator: the same matches, and how much faster. */
import assert from 'node:assert/strict';
import { createDetector, type RuleSet } from '@redoubt/detect';
import { referenceMatcher } from '@redoubt/detect/reference';
import type { Events, Rules, Same } from '../job.ts';
import { openEvents } from './events.ts';
import { processorSeconds } from './processor.ts';
import { loadRules } from './rules.ts';

type Steps = Awaited<ReturnType<Awaited<ReturnType<typeof openEvents>>['first']>>;

async function judge(
  set: RuleSet,
  steps: Steps,
  plain: boolean,
): Promise<{ found: string[]; seconds: number }> {
  const found: string[] = [];
  let number = 0;
  const detector = createDetector(set, {
    onFinding: () => undefined,
    onMatch: ({ rule }) => void found.push(`${number} ${rule.uid}`),
    ...(plain && { matcher: referenceMatcher }),
  });
  const seconds = await processorSeconds(() => {
    for (number = 0; number < steps.length; number++) steps[number]?.(detector);
  });
  return { found, seconds };
}

/**
 * Judges the first events with both engines.
 * @throws AssertionError with the differences unless both find the same rules in the same events
 */
export async function compareEngines(rules: Rules, events: Events, sample: number): Promise<Same> {
  const set = await loadRules(rules);
  const steps = await (await openEvents(events)).first(sample);
  await judge(set, steps, false); // compiles and warms up
  const compiled = await judge(set, steps, false);
  const plain = await judge(set, steps, true);
  assert.deepEqual(compiled.found, plain.found, 'the compiled engine finds other matches than the plain one');
  return {
    events: steps.length,
    matches: plain.found.length,
    plainPerSecond: steps.length / plain.seconds,
  };
}
