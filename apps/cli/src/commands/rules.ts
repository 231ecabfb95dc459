/** `redoubt rules`: check rules, list them, test them. */
import { statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readLogText } from '@redoubt/agent/content';
import type { RuleSet } from '@redoubt/detect';
import { type Command, flag, type Invocation, type OptionValues, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions } from '../options.ts';
import { safe } from '../output/safe.ts';
import { table } from '../output/table.ts';
import { repository } from '../repository.ts';

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
  const wanted = filterOf(options);
  const entries = [...rules, ...correlations].filter(wanted).map(rule => ({
    rule: rule.uid,
    level: rule.level ?? '',
    logsource: rule.type === 'rule' ? rule.logsource : {},
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

type ListedRule = RuleSet['rules'][number] | RuleSet['correlations'][number];

/** What `--tactic`, `--level` and `--product` let through. */
function filterOf(options: OptionValues): (rule: ListedRule) => boolean {
  const tactic = textOption(options, 'tactic')?.toLowerCase().replaceAll('_', '-');
  const level = textOption(options, 'level')?.toLowerCase();
  const product = textOption(options, 'product')?.toLowerCase();
  return rule =>
    (tactic === undefined ||
      rule.tags.some(tag => tag.toLowerCase().replaceAll('_', '-') === `attack.${tactic}`)) &&
    (level === undefined || rule.level === level) &&
    (product === undefined || (rule.type === 'rule' && rule.logsource.product === product));
}

async function coverage(
  { options, output, language }: Invocation,
  folders: readonly string[],
): Promise<number> {
  const { coverageOf, coveragePicture, navigatorLayer } = await import('@redoubt/detect/offline');
  const tactics = coverageOf(await load(folders));
  const files = [
    [textOption(options, 'layer'), () => JSON.stringify(navigatorLayer(tactics, language))],
    [textOption(options, 'picture'), () => coveragePicture(tactics, language)],
  ] as const;
  for (const [path, content] of files) if (path !== undefined) await writeFile(path, `${content()}\n`);
  if (flag(options, 'json')) output.json(tactics);
  else {
    const headings = output.say({ en: 'TACTIC|TECHNIQUES|RULES', zh: '战术|技术数|规则数' }).split('|');
    const rows = tactics.map(({ title, techniques }) => [
      output.say(title),
      String(techniques.length),
      String(new Set(techniques.flatMap(({ rules }) => rules)).size),
    ]);
    output.print(
      ...table(
        headings.map(heading => ({ heading })),
        rows,
      ),
    );
  }
  return ExitCode.ok;
}

async function convertFields({ options, output }: Invocation, paths: readonly string[]): Promise<number> {
  const { fieldMappings } = await import('@redoubt/detect/offline');
  const { RuleSet } = await engine();
  const folders = paths.filter(path => statSync(path, { throwIfNoEntry: false })?.isFile() !== true);
  const files = paths.filter(path => !folders.includes(path));
  const texts = await Promise.all(files.map(async name => ({ name, text: await readFile(name, 'utf8') })));
  const sets = [RuleSet.of(texts), ...(folders.length > 0 ? [await load(folders)] : [])];
  const mapped = sets
    .flatMap(({ rules }) => rules)
    .map(rule => ({ rule: rule.uid, logsource: rule.logsource, fields: fieldMappings(rule) }));
  if (flag(options, 'json')) {
    output.json(mapped);
    return ExitCode.ok;
  }
  const none = output.say({ en: '(none)', zh: '（无）' });
  const rows = mapped.flatMap(({ rule, fields }) =>
    fields.map(({ field, host, log }) => {
      const paths = host.map(({ path }) => path ?? none).join(' · ');
      return [rule, field, paths === '' ? none : paths, log.join(', ')].map(safe);
    }),
  );
  const headings = output.say({
    en: 'RULE|FIELD|IN HOST EVENTS (OCSF)|IN LOG RECORDS',
    zh: '规则|字段|主机事件中（OCSF）|日志记录中',
  });
  output.print(
    ...table(
      headings.split('|').map(heading => ({ heading })),
      rows,
    ),
  );
  return ExitCode.ok;
}

const actions: Readonly<
  Record<string, (invocation: Invocation, folders: readonly string[]) => Promise<number>>
> = { check, list, test, coverage, 'convert-fields': convertFields };

async function run(invocation: Invocation): Promise<number> {
  const [name = '', ...given] = invocation.arguments;
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action === undefined) {
    throw new CommandError(ExitCode.usage, {
      en: `Say \`rules\` and one of ${Object.keys(actions).join(', ')}`,
      zh: `用法：\`rules\` 加上 ${Object.keys(actions).join('、')} 之一`,
    });
  }
  return action(invocation, given.length > 0 ? given : [shippedRules]);
}

export const rulesCommand: Command = {
  name: 'rules',
  summary: { en: 'check, list and test rules; what they cover', zh: '检查、列出、测试规则及其覆盖' },
  usage: [
    'rules check [DIR…] [--json]',
    'rules list [DIR…] [--tactic NAME] [--level LEVEL] [--product NAME] [--json]',
    'rules test [DIR…] [--json]',
    'rules coverage [DIR…] [--layer FILE.json] [--picture FILE.svg] [--json]',
    'rules convert-fields [FILE|DIR…] [--json]',
  ],
  details: {
    en: 'Rules are Sigma files. Without DIR, those that Redoubt ships. `check` exits with 1 if a rule is\nrefused, `test` if a rule finds what it must not or misses what it must find (FILE.test.yml).\n`coverage` counts by ATT&CK; `convert-fields` tells where a rule’s fields are in events.',
    zh: '规则为 Sigma 文件。不给出 DIR 时使用 Redoubt 自带规则。有规则被拒绝时 `check` 以 1 退出；\n规则误报或漏报其测试事件（FILE.test.yml）时 `test` 以 1 退出。\n`coverage` 按 ATT&CK 统计覆盖；`convert-fields` 显示规则字段在事件中的位置。',
  },
  options: {
    tactic: {
      type: 'string',
      value: 'NAME',
      help: {
        en: 'list: only rules of this ATT&CK tactic, e.g. persistence',
        zh: 'list：仅该 ATT&CK 战术，如 persistence',
      },
    },
    level: {
      type: 'string',
      value: 'LEVEL',
      help: { en: 'list: only rules of this level', zh: 'list：仅该级别' },
    },
    product: {
      type: 'string',
      value: 'NAME',
      help: {
        en: 'list: only rules about this product, e.g. linux, windows',
        zh: 'list：仅该产品，如 linux、windows',
      },
    },
    layer: {
      type: 'string',
      value: 'FILE',
      help: { en: 'coverage: write an ATT&CK Navigator layer', zh: 'coverage：写出 ATT&CK Navigator 图层' },
    },
    picture: {
      type: 'string',
      value: 'FILE',
      help: { en: 'coverage: write an SVG picture', zh: 'coverage：写出 SVG 图片' },
    },
    ...commonOptions,
  },
  examples: [
    {
      line: 'rules coverage --picture coverage.svg',
      text: { en: 'what the rules cover', zh: '规则覆盖情况' },
    },
    { line: 'rules check ./my-rules', text: { en: 'before you use your own', zh: '使用自有规则之前' } },
  ],
  run,
};
