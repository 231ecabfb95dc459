/** `redoubt content`: Sigma packs of others, imported into the state directory. */
import { resolve } from 'node:path';
import type { ImportReport } from '@redoubt/detect/offline';
import { type Command, flag, type Invocation, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, stateOption } from '../options.ts';
import { safe } from '../output/safe.ts';
import { table } from '../output/table.ts';

/** The rule engine is loaded only when it is used, so that other commands start fast. */
const packs = () => import('@redoubt/detect/offline');

async function stateOf(invocation: Invocation): Promise<string> {
  const { stateDirectory } = await import('../recorder/open.ts');
  return resolve(stateDirectory(invocation));
}

async function importOne(invocation: Invocation, path: string): Promise<number> {
  const { options, output } = invocation;
  const { importPack, PackError } = await packs();
  const report = await importPack(resolve(path), await stateOf(invocation), {
    name: textOption(options, 'name'),
    replace: flag(options, 'replace'),
  }).catch((error: unknown) => {
    if (!(error instanceof PackError)) throw error;
    throw new CommandError(ExitCode.usage, error.text, { cause: error });
  });
  if (flag(options, 'json')) output.json(report);
  else showReport(report, invocation);
  return report.taken === 0 ? ExitCode.failed : ExitCode.ok;
}

function showReport(report: ImportReport, { output, options }: Invocation): void {
  const { name, folder, taken, refused, warnings, ignored } = report;
  const reasons = new Map<string, number>();
  for (const { reason } of refused) {
    // What differs from rule to rule stands in quotes.
    const kind = reason.replaceAll(/"[^"]*"|\/[^/]*\//g, '…');
    reasons.set(kind, (reasons.get(kind) ?? 0) + 1);
  }
  output.print(
    output.say({
      en: `${safe(name)}: ${taken} taken, ${refused.length} refused, ${warnings.length} warnings, ${ignored} other files ignored`,
      zh: `${safe(name)}：采用 ${taken}，拒绝 ${refused.length}，警告 ${warnings.length}，忽略其他文件 ${ignored}`,
    }),
    safe(folder),
  );
  if (reasons.size > 0) {
    const [count = '', reason = ''] = output
      .say({ en: 'COUNT|REFUSED BECAUSE', zh: '数量|拒绝原因' })
      .split('|');
    const rows = [...reasons].toSorted((one, other) => other[1] - one[1]);
    output.print(
      '',
      ...table(
        [{ heading: count }, { heading: reason, elastic: true }],
        rows.map(([text, number]) => [String(number), safe(text)]),
        output.columns,
      ),
    );
  }
  if (flag(options, 'verbose')) {
    for (const { place, rule, reason } of [...refused, ...warnings]) {
      output.print(safe(`${place.file}:${place.line}: ${rule}: ${reason}`));
    }
  }
}

async function list(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const { listPacks } = await packs();
  const found = await listPacks(await stateOf(invocation));
  if (flag(options, 'json')) {
    output.json(found);
    return ExitCode.ok;
  }
  if (found.length === 0) {
    output.print(output.say({ en: 'No imported packs.', zh: '没有已导入的规则包。' }));
    return ExitCode.ok;
  }
  const headings = output.say({ en: 'NAME|RULES|IMPORTED|FROM', zh: '名称|规则数|导入时间|来源' }).split('|');
  output.print(
    ...table(
      headings.map(heading => ({ heading })),
      found.map(({ name, taken, time, source }) => [name, String(taken), time, source].map(safe)),
    ),
  );
  return ExitCode.ok;
}

async function remove(invocation: Invocation, name: string): Promise<number> {
  const { removePack } = await packs();
  if (!(await removePack(await stateOf(invocation), name))) {
    throw new CommandError(ExitCode.usage, {
      en: `There is no imported pack "${name}"; see: redoubt content list`,
      zh: `没有名为“${name}”的已导入规则包；请查看：redoubt content list`,
    });
  }
  const { output } = invocation;
  output.print(output.say({ en: `Removed: ${safe(name)}`, zh: `已删除：${safe(name)}` }));
  return ExitCode.ok;
}

async function run(invocation: Invocation): Promise<number> {
  const [action, subject, ...more] = invocation.arguments;
  if (action === 'list' && subject === undefined) return list(invocation);
  if (subject !== undefined && more.length === 0) {
    if (action === 'import') return importOne(invocation, subject);
    if (action === 'remove') return remove(invocation, subject);
  }
  throw new CommandError(ExitCode.usage, {
    en: 'Say `content import PATH`, `content list` or `content remove NAME`',
    zh: '用法：`content import 路径`、`content list` 或 `content remove 名称`',
  });
}

export const contentCommand: Command = {
  name: 'content',
  summary: { en: 'import Sigma packs of others', zh: '导入第三方 Sigma 规则包' },
  usage: [
    'content import PATH [--name NAME] [--replace] [--verbose] [--json]',
    'content list [--json]',
    'content remove NAME',
  ],
  details: {
    en: 'PATH is a folder, a .zip or a .tar.gz. Rules that can be honoured in full are copied into the state directory\nand used from the next `redoubt up` on; what is refused is told with its reason. Nothing is downloaded.',
    zh: '路径可以是目录、.zip 或 .tar.gz。可完整执行的规则会复制到状态目录，并从下一次 `redoubt up` 起生效；\n被拒绝的规则会说明原因。不会下载任何内容。',
  },
  options: {
    name: {
      type: 'string',
      value: 'NAME',
      help: { en: 'name of the pack (default: from the path)', zh: '规则包名称（默认取自路径）' },
    },
    replace: { type: 'boolean', help: { en: 'replace a pack of this name', zh: '替换同名规则包' } },
    verbose: {
      type: 'boolean',
      short: 'v',
      help: { en: 'every refused rule by name', zh: '逐条列出被拒绝的规则' },
    },
    ...stateOption,
    ...commonOptions,
  },
  examples: [
    {
      line: 'content import ./sigma-main.zip --name sigmahq',
      text: { en: 'a downloaded release', zh: '已下载的发布包' },
    },
  ],
  run,
};
