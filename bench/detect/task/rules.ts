/** The rules of a measurement. */
import { join } from 'node:path';
import { RuleSet } from '@redoubt/detect';
import { repository } from '../../lib/workplace.ts';
import { packOf } from '../data/pack.ts';
import type { Rules } from '../job.ts';

/**
 * Loads the rules.
 * @throws Error if one of them is refused: then it would not be measured what is said to be measured
 */
export async function loadRules(rules: Rules): Promise<RuleSet> {
  const set =
    rules === 'own'
      ? await RuleSet.load(join(repository, 'content/rules'))
      : RuleSet.of(packOf(rules.pack, rules.count));
  const [refused] = set.report.refused;
  if (refused !== undefined) throw new Error(`a rule of the benchmark is refused: ${refused.reason}`);
  return set;
}
