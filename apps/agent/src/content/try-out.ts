/** Tries a release before it comes into force: its rules load, and every canary among their tests fires. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describeProblem, RuleSet, testRules } from '@redoubt/detect';
import type { Bilingual } from '@redoubt/model';
import { readLogText } from './rule-log.ts';

/**
 * Tries the content of a folder.
 * @returns why it must not come into force, or undefined
 */
export async function tryOutContent(folder: string): Promise<Bilingual | undefined> {
  const rules = join(folder, 'rules');
  if (!existsSync(rules)) return undefined;
  const { refused, loaded } = (await RuleSet.load(rules)).report;
  const [problem] = refused;
  if (problem !== undefined) {
    const words = describeProblem(problem);
    return {
      en: `${refused.length} rules are refused: ${words}`,
      zh: `${refused.length} 条规则被拒绝：${words}`,
    };
  }
  const results = await testRules(rules, { readLog: readLogText });
  if (loaded > 0 && !results.some(({ expected }) => expected === 'found')) {
    return { en: 'no canary: none of its rules is tested', zh: '没有金丝雀：规则均无测试' };
  }
  const failed = results.filter(({ passed }) => !passed);
  const [first] = failed;
  if (first === undefined) return undefined;
  const words = [first.file, first.rule, first.message ?? first.expected]
    .filter(part => part !== '')
    .join(': ');
  return {
    en: `${failed.length} of ${results.length} rule tests fail: ${words}`,
    zh: `${results.length} 项规则测试中有 ${failed.length} 项失败：${words}`,
  };
}
