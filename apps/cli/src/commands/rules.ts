/** `redoubt rules`: check rules, list them, test them. */
import { join } from 'node:path';
import type { RuleSet } from '@redoubt/detect';
import { type Command, flag, type Invocation } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions } from '../options.ts';
import { safe } from '../output/safe.ts';
import { table } from '../output/table.ts';
import { repository } from '../repository.ts';
import { readLogText } from '../rule-log.ts';

/** The rule engine is loaded only when it is used, so that other commands start fast. */
const engine = () => import('@redoubt/detect');

const shippedRules = join(repository, 'content/rules');

/** Reads all folders as one set, so that rules may refer to each other across them. */
async function load(folders: readonly string[]): Promise<RuleSet> {
  const { RuleSet } = await engine();
  return RuleSet.load(folders).catch(unreadable);
}

function unreadable(error: unknown): never {
  const detail = error instanceof Error ? error.message : String(error);
  throw new CommandError(
    ExitCode.unavailable,
    { en: `The rules cannot be read: ${detail}`, zh: `无法读取规则：${detail}` },
    { cause: error },
  );
}

async function check({ options, output }: Invocation, folders: readonly string[]): Promise<number> {
  const { report } = await load(folders);
  if (flag(options, 'json')) output.json(report);
  else {
    const { describeProblem } = await engine();
    const problems = [...report.refused, ...report.warnings].map(describeProblem);
    if (problems.length > 0) output.print(...problems.map(safe));
    output.print(
      output.say({
        en: `${report.loaded} loaded, ${report.refused.length} refused, ${report.warnings.length} warnings`,
        zh: `已加载 ${report.loaded}，拒绝 ${report.refused.length}，警告 ${report.warnings.length}`,
      }),
    );
  }
  return report.refused.length > 0 ? ExitCode.failed : ExitCode.ok;
}

async function test({ options, output }: Invocation, folders: readonly string[]): Promise<number> {
  const { testRules } = await engine();
  const results = (
    await Promise.all(folders.map(folder => testRules(folder, { readLog: readLogText }).catch(unreadable)))
  ).flat();
  const failed = results.filter(result => !result.passed);
  if (flag(options, 'json'))
    output.json({ passed: results.length - failed.length, failed: failed.length, results });
  else {
    for (const { file, rule, name, message } of failed) {
      output.print(safe(`${file}: ${rule}: ${name}: ${message ?? ''}`));
    }
    output.print(
      output.say({
        en: `${results.length - failed.length} passed, ${failed.length} failed`,
        zh: `通过 ${results.length - failed.length}，失败 ${failed.length}`,
      }),
    );
  }
  return failed.length > 0 ? ExitCode.failed : ExitCode.ok;
}

async function list({ options, output }: Invocation, folders: readonly string[]): Promise<number> {
  const { rules, correlations } = await load(folders);
  const entries = [...rules, ...correlations].map(rule => ({
    rule: rule.uid,
    level: rule.level ?? '',
    attack: rule.tags.filter(tag => /^attack\.t\d/i.test(tag)).map(tag => tag.slice(7).toUpperCase()),
    title: { en: rule.title, zh: rule.extension.title_zh ?? rule.title },
    drill: rule.extension.drill,
  }));
  if (flag(options, 'json')) {
    output.json(entries);
    return ExitCode.ok;
  }
  const headings = output.say({ en: 'RULE|LEVEL|ATT&CK|DRILL|TITLE', zh: '规则|级别|ATT&CK|演练|标题' });
  const columns = headings
    .split('|')
    .map((heading, index) => (index === 4 ? { heading, elastic: true as const } : { heading }));
  const cells = entries.map(entry =>
    [entry.rule, entry.level, entry.attack.join(' '), entry.drill ?? '', output.say(entry.title)].map(safe),
  );
  output.print(...table(columns, cells, output.columns));
  return ExitCode.ok;
}

async function run(invocation: Invocation): Promise<number> {
  const [action, ...given] = invocation.arguments;
  const folders = given.length > 0 ? given : [shippedRules];
  if (action === 'check') return check(invocation, folders);
  if (action === 'list') return list(invocation, folders);
  if (action === 'test') return test(invocation, folders);
  throw new CommandError(ExitCode.usage, {
    en: 'Say `rules check`, `rules list` or `rules test`',
    zh: '用法：`rules check`、`rules list` 或 `rules test`',
  });
}

export const rulesCommand: Command = {
  name: 'rules',
  summary: { en: 'check, list and test detection rules', zh: '检查、列出、测试检测规则' },
  usage: ['rules check [DIR…] [--json]', 'rules list [DIR…] [--json]', 'rules test [DIR…] [--json]'],
  details: {
    en: 'Rules are Sigma files. Without DIR, those that Redoubt ships. `check` exits with 1 if a rule is\nrefused, `test` if a rule finds what it must not or misses what it must find (FILE.test.yml).',
    zh: '规则为 Sigma 文件。不给出 DIR 时使用 Redoubt 自带规则。有规则被拒绝时 `check` 以 1 退出；\n规则误报或漏报其测试事件（FILE.test.yml）时 `test` 以 1 退出。',
  },
  options: commonOptions,
  examples: [
    { line: 'rules check ./my-rules', text: { en: 'before you use your own', zh: '使用自有规则之前' } },
  ],
  run,
};
