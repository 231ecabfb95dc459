/** `redoubt app-control`: only known programs run. The rungs themselves are taken with `redoubt protect`. */
import { writeFileSync } from 'node:fs';
import type { AppControlSettings, AppRule } from '@redoubt/act/app-control';
import type { AppControlAnswer } from '@redoubt/agent/app-control';
import type { ProtectionItem, StepPreview } from '@redoubt/agent/protections';
import { stringify } from 'yaml';
import { requireAgent } from '../agent/client.ts';
import { addFile, makeCatalog, signFile } from '../app-control/catalogs.ts';
import { type Command, flag, type Invocation, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, socketOption, timeOption } from '../options.ts';
import { previewLines } from '../output/protection-text.ts';
import { safe } from '../output/safe.ts';
import { table } from '../output/table.ts';
import { dateTime } from '../output/values.ts';
import { operatorName, pathOf, previewOf, protectionOf } from '../protect/ask.ts';

const protection = 'app-control';
const usualPeriod = 7 * 86_400_000;

function wrong(en: string, zh: string): CommandError {
  return new CommandError(ExitCode.usage, { en, zh });
}

function usageError(): CommandError {
  return wrong(
    'Say `app-control report|learn|policy|bypass` or `app-control catalog list|create|sign|add|remove …`; see: redoubt help app-control',
    '用法：`app-control report|learn|policy|bypass` 或 `app-control catalog list|create|sign|add|remove …`；请查看：redoubt help app-control',
  );
}

function needed({ options }: Invocation, name: string): string {
  const value = textOption(options, name);
  if (value !== undefined && value !== '') return value;
  throw wrong(`--${name} is needed`, `须给出 --${name}`);
}

/** What enforcement would have denied in the recorded past. */
function looked(invocation: Invocation): Promise<StepPreview> {
  const { options, output } = invocation;
  const now = Date.now();
  const from = timeOption(options, 'since', now) ?? now - usualPeriod;
  return previewOf(requireAgent(invocation), protection, { rung: 'enforce', from }, output);
}

async function report(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const agent = requireAgent(invocation);
  const state = await agent.get<AppControlAnswer>('/api/app-control');
  const preview = await looked(invocation);
  if (flag(options, 'json')) {
    output.json({ ...state, preview });
    return ExitCode.ok;
  }
  output.print(...previewLines(preview, output));
  const { counters, uncovered, golden } = state;
  if (golden.refused !== undefined) output.print(output.style('red', safe(output.say(golden.refused))));
  else if (golden.programs > 0)
    output.print(
      output.say({
        en: `The golden state of this host knows ${golden.programs} programs.`,
        zh: `本机黄金状态认可 ${golden.programs} 个程序。`,
      }),
    );
  if (counters !== undefined) {
    const { execs = 0, denies = 0, wouldDeny = 0, timeouts = 0, full = 0, letThrough = 0 } = counters;
    output.print(
      output.say({
        en: `At the gate: ${execs} starts, ${denies} denied, ${wouldDeny} would have been; let through unjudged: ${timeouts} late, ${full} too many at once, ${letThrough} by the watchdog`,
        zh: `关卡统计：启动 ${execs} 次，拒绝 ${denies} 次，本应拒绝 ${wouldDeny} 次；未判断放行：超时 ${timeouts} 次，并发过多 ${full} 次，看门狗放行 ${letThrough} 次`,
      }),
    );
  }
  if (uncovered.length > 0)
    output.print(
      output.say({
        en: `Not covered: ${uncovered.map(safe).join(', ')}`,
        zh: `未覆盖：${uncovered.map(safe).join('、')}`,
      }),
    );
  return ExitCode.ok;
}

/** Settings that would let run what has run: a proposal for a person to read. */
async function learn(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const item = await protectionOf(requireAgent(invocation), protection);
  const { impact } = await looked(invocation);
  const before = item.policy.settings as AppControlSettings;
  const learned = (impact?.groups ?? []).flatMap(({ rule }) => (rule === undefined ? [] : [rule as AppRule]));
  const settings = { ...before, rules: [...before.rules, ...learned] };
  if (flag(options, 'json')) {
    output.json(settings);
    return ExitCode.ok;
  }
  const file = textOption(options, 'out');
  if (file === undefined) {
    output.print(...stringify(settings).trimEnd().split('\n').map(safe));
    return ExitCode.ok;
  }
  writeFileSync(file, stringify(settings), { mode: 0o600 });
  output.print(
    output.say({
      en: `${learned.length} rules learned. Read ${safe(file)}, then: redoubt protect set app-control audit --settings ${safe(file)}`,
      zh: `已学习 ${learned.length} 条规则。请检查 ${safe(file)}，然后：redoubt protect set app-control audit --settings ${safe(file)}`,
    }),
  );
  return ExitCode.ok;
}

/** The settings in force, or the same as WDAC XML. */
async function policy(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const { settings } = (await protectionOf(requireAgent(invocation), protection)).policy;
  if (!flag(options, 'wdac')) {
    if (flag(options, 'json')) output.json(settings);
    else output.print(...stringify(settings).trimEnd().split('\n').map(safe));
    return ExitCode.ok;
  }
  const { hashesOf, wdacPolicy } = await import('@redoubt/act/app-control');
  output.write(wdacPolicy(hashesOf((settings as AppControlSettings).rules), !flag(options, 'enforced')));
  return ExitCode.ok;
}

/** The way out in an emergency: nothing is denied any more, at once and without questions. */
async function bypass(invocation: Invocation): Promise<number> {
  const { options, output, environment } = invocation;
  const agent = requireAgent(invocation);
  const { policy: before } = await protectionOf(agent, protection);
  const rung = before.rung === 'observe' ? 'observe' : 'audit';
  const body = { rung, operator: operatorName(environment), comment: 'emergency bypass' };
  const item = await agent.post<ProtectionItem>(pathOf(protection, '/step'), body);
  if (flag(options, 'json')) output.json(item);
  else
    output.print(
      output.say({
        en: `Nothing is denied any more; application control is at ${item.policy.rung}. Back with: redoubt protect undo app-control`,
        zh: `不再拒绝任何程序；应用程序控制处于 ${item.policy.rung}。恢复：redoubt protect undo app-control`,
      }),
    );
  return ExitCode.ok;
}

async function listCatalogs(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const answer = await requireAgent(invocation).get<AppControlAnswer>('/api/app-control');
  return tellCatalogs(answer, { options, output });
}

function tellCatalogs(
  answer: AppControlAnswer,
  { options, output }: Pick<Invocation, 'options' | 'output'>,
): number {
  if (flag(options, 'json')) {
    output.json({ catalogs: answer.catalogs, refused: answer.refused });
    return ExitCode.ok;
  }
  const columns = output
    .say({ en: 'CATALOG|OWNER|ISSUE|MADE|PROGRAMS', zh: '目录|所有者|期号|制作时间|程序数' })
    .split('|')
    .map(heading => ({ heading }));
  const rows = answer.catalogs.map(({ name, owner, issue, created, entries }) => [
    safe(name),
    safe(owner),
    String(issue),
    dateTime(created),
    String(entries),
  ]);
  if (rows.length === 0) output.print(output.say({ en: 'No catalogs.', zh: '没有程序目录。' }));
  else output.print(...table(columns, rows, output.columns));
  for (const { file, text } of answer.refused)
    output.print(output.style('red', `${safe(file)}: ${safe(output.say(text))}`));
  return ExitCode.ok;
}

async function create(invocation: Invocation, folders: readonly string[]): Promise<number> {
  const { options, output } = invocation;
  if (folders.length === 0) throw usageError();
  const [name, owner, out] = ['name', 'owner', 'out'].map(one => needed(invocation, one)) as [
    string,
    string,
    string,
  ];
  const catalog = await makeCatalog(folders, { name, owner, isEvery: flag(options, 'every') }, files =>
    output.status(output.say({ en: `${files} files`, zh: `${files} 个文件` })),
  );
  output.status('');
  writeFileSync(out, JSON.stringify(catalog));
  const { entries } = catalog;
  if (flag(options, 'json')) output.json({ file: out, programs: entries.length });
  else
    output.print(
      output.say({
        en: `${entries.length} programs in ${safe(out)}. Sign it: redoubt app-control catalog sign ${safe(out)} --key KEY.pem`,
        zh: `${safe(out)} 中有 ${entries.length} 个程序。请签名：redoubt app-control catalog sign ${safe(out)} --key KEY.pem`,
      }),
    );
  return ExitCode.ok;
}

async function catalog(invocation: Invocation, words: readonly string[]): Promise<number> {
  const { options, output } = invocation;
  const [action = 'list', what, ...more] = words;
  if (action === 'list' && what === undefined) return listCatalogs(invocation);
  if (action === 'create') return create(invocation, words.slice(1));
  if (what === undefined || more.length > 0) throw usageError();
  if (action === 'sign') {
    const signature = await signFile(what, needed(invocation, 'key'));
    if (flag(options, 'json')) output.json({ signature });
    else output.print(output.say({ en: `Signed: ${safe(signature)}`, zh: `已签名：${safe(signature)}` }));
    return ExitCode.ok;
  }
  const agent = requireAgent(invocation);
  if (action === 'add')
    return tellCatalogs(await addFile(agent, what, needed(invocation, 'key')), invocation);
  if (action === 'remove') {
    const path = `/api/app-control/catalogs?name=${encodeURIComponent(what)}`;
    return tellCatalogs(await agent.delete<AppControlAnswer>(path), invocation);
  }
  throw usageError();
}

async function run(invocation: Invocation): Promise<number> {
  const [action = 'report', ...words] = invocation.arguments;
  if (action === 'catalog') return catalog(invocation, words);
  if (words.length > 0) throw usageError();
  if (action === 'report') return report(invocation);
  if (action === 'learn') return learn(invocation);
  if (action === 'policy') return policy(invocation);
  if (action === 'bypass') return bypass(invocation);
  throw usageError();
}

const option = (value: string, en: string, zh: string) => ({
  type: 'string' as const,
  value,
  help: { en, zh },
});
const choice = (en: string, zh: string) => ({ type: 'boolean' as const, help: { en, zh } });

export const appControlCommand: Command = {
  name: 'app-control',
  summary: { en: 'application control: only known programs run', zh: '应用程序控制：只运行认可的程序' },
  usage: [
    'app-control [report] [--since AGE] [--json]',
    'app-control learn [--since AGE] [--out FILE] [--json]',
    'app-control policy [--wdac [--enforced]] [--json]',
    'app-control catalog [list] [--json]',
    'app-control catalog create PATH… --name NAME --owner OWNER --out FILE [--every]',
    'app-control catalog sign FILE --key PRIVATE.pem',
    'app-control catalog add FILE --key PUBLIC.pem',
    'app-control catalog remove NAME',
    'app-control bypass',
  ],
  details: {
    en: 'Known is what a package or the golden state has as it is, what a signed catalog holds, and what a rule allows.\nThe rungs are taken with: redoubt protect set app-control observe|audit|enforce',
    zh: '认可的程序包括：与软件包或黄金状态一致的文件、签名目录中的程序、规则允许的程序。\n阶段的切换使用：redoubt protect set app-control observe|audit|enforce',
  },
  options: {
    since: option('AGE', 'how far back to look (default 7d)', '回溯多久（默认 7d）'),
    out: option('FILE', 'where to write', '写入的文件'),
    name: option('NAME', 'name of the catalog', '目录名称'),
    owner: option('OWNER', 'who answers for it', '目录的负责方'),
    key: option(
      'FILE',
      'Ed25519 key as PEM: private to sign, public to add',
      'PEM 格式 Ed25519 密钥：签名用私钥，添加用公钥',
    ),
    every: choice(
      'files without an execute bit too (libraries, scripts)',
      '也包括没有执行权限的文件（库、脚本）',
    ),
    wdac: choice('as XML for Windows (App Control for Business)', '输出 Windows（WDAC）策略 XML'),
    enforced: choice('the XML denies; without it, it only audits', 'XML 为强制模式；默认仅审计'),
    ...socketOption,
    ...commonOptions,
  },
  examples: [
    {
      line: 'app-control learn --since 7d --out rules.yml',
      text: { en: 'rules for what has run', zh: '为已运行的程序生成规则' },
    },
    {
      line: 'app-control catalog create /opt/shop --name shop --owner "Shop Ltd" --out shop.json',
      text: { en: 'a catalog of one vendor’s programs', zh: '某一供应商程序的目录' },
    },
    { line: 'app-control bypass', text: { en: 'in an emergency: deny nothing', zh: '紧急情况：停止拒绝' } },
  ],
  run,
};
