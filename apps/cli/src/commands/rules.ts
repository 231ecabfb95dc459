/** `redoubt rules`: check rules, list them, test them. */
import { join } from 'node:path';
import { describeProblem, type LoadReport, RuleSet } from '@redoubt/detect';
import { type Command, flag, type Invocation } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions } from '../options.ts';
import { safe } from '../output/safe.ts';
import { table } from '../output/table.ts';
import { repository } from '../repository.ts';

const shippedRules = join(repository, 'content/rules');

async function load(folders: readonly string[]): Promise<RuleSet[]> {
  return Promise.all(
    folders.map(async folder => {
      try {
        return await RuleSet.load(folder);
      } catch (error) {
        const detail = error instanceof Error ? error.message : String(error);
        throw new CommandError(
          ExitCode.unavailable,
          {
            en: `The rules in ${folder} cannot be read: ${detail}`,
            zh: `无法读取 ${folder} 中的规则：${detail}`,
          },
          { cause: error },
        );
      }
    }),
  );
}

function merged(reports: readonly LoadReport[]) {
  return {
    loaded: reports.reduce((sum, report) => sum + report.loaded, 0),
    refused: reports.flatMap(report => report.refused),
    warnings: reports.flatMap(report => report.warnings),
  };
}

async function check({ options, output }: Invocation, folders: readonly string[]): Promise<number> {
  const report = merged((await load(folders)).map(set => set.report));
  if (flag(options, 'json')) output.json(report);
  else {
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

async function list({ options, output }: Invocation, folders: readonly string[]): Promise<number> {
  const rows = (await load(folders)).flatMap(set => [...set.rules, ...set.correlations]);
  const entries = rows.map(rule => ({
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
  throw new CommandError(ExitCode.usage, {
    en: 'Say `rules check` or `rules list`',
    zh: '用法：`rules check` 或 `rules list`',
  });
}

export const rulesCommand: Command = {
  name: 'rules',
  summary: { en: 'check and list detection rules', zh: '检查、列出检测规则' },
  usage: ['rules check [DIR…] [--json]', 'rules list [DIR…] [--json]'],
  details: {
    en: 'Rules are Sigma files. Without DIR, those that Redoubt ships. `check` exits with 1 if a rule is refused.',
    zh: '规则为 Sigma 文件。不给出 DIR 时使用 Redoubt 自带规则。有规则被拒绝时 `check` 以 1 退出。',
  },
  options: commonOptions,
  examples: [
    { line: 'rules check ./my-rules', text: { en: 'before you use your own', zh: '使用自有规则之前' } },
  ],
  run,
};
