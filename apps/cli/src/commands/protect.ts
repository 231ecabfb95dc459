/** `redoubt protect`: every protection on the ladder observe → audit → enforce. */
import type { ProtectionItem, ProtectionsAnswer, StepBody } from '@redoubt/agent/protections';
import { isAbove, type Rung, rungs } from '@redoubt/model';
import { requireAgent } from '../agent/client.ts';
import { type Command, flag, type Invocation, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, socketOption, timeOption } from '../options.ts';
import { previewLines, protectionLines, protectionTable } from '../output/protection-text.ts';
import { safe } from '../output/safe.ts';
import { dateTime } from '../output/values.ts';
import { operatorName, pathOf, previewOf, protectionOf } from '../protect/ask.ts';
import { readSettings } from '../protect/settings.ts';
import { wantedByPerson } from '../response/ask.ts';

/** How far back a preview looks when nothing is said, milliseconds. */
const usualPeriod = 86_400_000;

function wrong(en: string, zh: string): CommandError {
  return new CommandError(ExitCode.usage, { en, zh });
}

function usageError(): CommandError {
  return wrong(
    'Say `protect list`, `protect show|preview|set|confirm|undo NAME …`; see: redoubt help protect',
    '用法：`protect list`、`protect show|preview|set|confirm|undo 名称 …`；请查看：redoubt help protect',
  );
}

function rungOf(word: string | undefined): Rung {
  const rung = rungs.find(one => one === word);
  if (rung !== undefined) return rung;
  const known = rungs.join(', ');
  throw wrong(
    `Name a rung: ${known}${word === undefined ? '' : `, not "${word}"`}`,
    `请指明阶段：${known}${word === undefined ? '' : `，而不是“${word}”`}`,
  );
}

/** Seconds of `--confirm-within 10m`. */
function confirmWithin({ options }: Invocation): number | undefined {
  const text = textOption(options, 'confirm-within');
  if (text === undefined) return undefined;
  const [, amount, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const seconds = Number(amount) * ({ s: 1, m: 60, h: 3600, d: 86_400 }[unit] ?? Number.NaN);
  if (seconds >= 5 && seconds <= 604_800) return seconds;
  throw wrong(
    `--confirm-within must be from 5s to 7d, such as 10m, not "${text}"`,
    `--confirm-within 应为 5s 到 7d，例如 10m，而不是“${text}”`,
  );
}

async function list({ options, output, ...rest }: Invocation): Promise<number> {
  const agent = requireAgent({ options, output, ...rest });
  const answer = await agent.get<ProtectionsAnswer>('/api/protections');
  if (flag(options, 'json')) output.json(answer);
  else output.print(...protectionTable(answer.items, output, Date.now()));
  return ExitCode.ok;
}

function tell(item: ProtectionItem, { options, output }: Invocation): number {
  if (flag(options, 'json')) output.json(item);
  else output.print(...protectionLines(item, output, Date.now()));
  return ExitCode.ok;
}

function asked(invocation: Invocation, rung: Rung) {
  const { options } = invocation;
  const file = textOption(options, 'settings');
  const now = Date.now();
  return {
    rung,
    ...(file !== undefined && { settings: readSettings(file) }),
    from: timeOption(options, 'since', now) ?? now - usualPeriod,
    to: timeOption(options, 'until', now) ?? now,
  };
}

async function preview(invocation: Invocation, name: string, word?: string): Promise<number> {
  const { options, output } = invocation;
  const agent = requireAgent(invocation);
  const rung = word === undefined ? nextRung(await protectionOf(agent, name)) : rungOf(word);
  const shown = await previewOf(agent, name, asked(invocation, rung), output);
  if (flag(options, 'json')) output.json(shown);
  else output.print(...previewLines(shown, output));
  return ExitCode.ok;
}

function nextRung({ policy }: ProtectionItem): Rung {
  return policy.rung === 'observe' ? 'audit' : 'enforce';
}

/** Shows the step, asks for a yes, takes it. */
async function set(invocation: Invocation, name: string, word: string | undefined): Promise<number> {
  const { options, output, environment } = invocation;
  const rung = rungOf(word);
  const within = confirmWithin(invocation);
  const agent = requireAgent(invocation);
  const isJson = flag(options, 'json');
  const { from, to, ...request } = asked(invocation, rung);
  // A step down blocks nothing new, and must be quick when there is trouble.
  const isUp = !isAbove((await protectionOf(agent, name)).policy.rung, rung);
  const shown = await previewOf(agent, name, { ...request, ...(isUp && { from, to }) }, output);
  if (!isJson) output.print(...previewLines(shown, output));
  if (
    !flag(options, 'yes') &&
    !(await wantedByPerson({ en: 'Take this step? [y/N] ', zh: '执行这一步？[y/N] ' }, output))
  )
    return ExitCode.failed;
  const comment = textOption(options, 'comment');
  const body: StepBody = {
    rung,
    preview: shown.id,
    operator: operatorName(environment),
    ...(request.settings !== undefined && { settings: request.settings }),
    ...(flag(options, 'directly') && { directly: true }),
    ...(within !== undefined && { confirm_within: within }),
    ...(comment !== undefined && { comment }),
  };
  const item = await agent.post<ProtectionItem>(pathOf(name, '/step'), body);
  if (isJson) {
    output.json(item);
    return ExitCode.ok;
  }
  const { trial } = item;
  output.print(output.say({ en: `${safe(name)} is at ${rung}.`, zh: `${safe(name)} 已进入 ${rung}。` }));
  if (trial !== undefined)
    output.print(
      output.style(
        'yellow',
        output.say({
          en: `It goes back to ${trial.back.rung} at ${dateTime(trial.deadline)} unless you confirm: redoubt protect confirm ${safe(name)}`,
          zh: `若不确认，将于 ${dateTime(trial.deadline)} 退回 ${trial.back.rung}：redoubt protect confirm ${safe(name)}`,
        }),
      ),
    );
  return ExitCode.ok;
}

async function settle(invocation: Invocation, name: string, how: 'confirm' | 'undo'): Promise<number> {
  const body = { operator: operatorName(invocation.environment) };
  const agent = requireAgent(invocation);
  return tell(await agent.post<ProtectionItem>(pathOf(name, `/${how}`), body), invocation);
}

async function run(invocation: Invocation): Promise<number> {
  const [action = 'list', name, word, ...more] = invocation.arguments;
  if (action === 'list' && name === undefined) return list(invocation);
  if (name === undefined || more.length > 0) throw usageError();
  if (action === 'preview') return preview(invocation, name, word);
  if (action === 'set') return set(invocation, name, word);
  if (word !== undefined) throw usageError();
  if (action === 'show') return tell(await protectionOf(requireAgent(invocation), name), invocation);
  if (action === 'confirm' || action === 'undo') return settle(invocation, name, action);
  throw usageError();
}

const option = (value: string, en: string, zh: string) => ({
  type: 'string' as const,
  value,
  help: { en, zh },
});

export const protectCommand: Command = {
  name: 'protect',
  summary: {
    en: 'protections on the ladder: observe, audit, enforce',
    zh: '防护阶梯：观察、审计、强制',
  },
  usage: [
    'protect [list] [--json]',
    'protect show NAME [--json]',
    'protect preview NAME [observe|audit|enforce] [--since AGE] [--settings FILE] [--json]',
    'protect set NAME observe|audit|enforce [--confirm-within 10m] [--settings FILE] [--yes] [--json]',
    'protect confirm NAME',
    'protect undo NAME',
  ],
  details: {
    en: 'Each step is shown before it is taken: what it changes, and what it would have blocked in the recorded past.\nA step to enforce must be confirmed in time, else it is taken back by itself.',
    zh: '每一步在执行前都会先展示：将改变什么、在已有记录中本应阻断什么。\n进入强制（enforce）后须在规定时间内确认，否则自动退回。',
  },
  options: {
    'confirm-within': option(
      'TIME',
      'time to confirm a step to enforce (default 10m)',
      '进入强制后的确认时限（默认 10m）',
    ),
    since: option('AGE', 'how far back to look (default 1d)', '回溯多久（默认 1d）'),
    until: option('TIME', 'until when to look (default now)', '回溯到何时为止（默认现在）'),
    settings: option('FILE', 'new settings, as YAML or JSON', '新的设置，YAML 或 JSON 格式'),
    directly: {
      type: 'boolean',
      help: { en: 'go from observe to enforce without audit', zh: '跳过审计，从观察直接进入强制' },
    },
    yes: { type: 'boolean', help: { en: 'do not ask', zh: '不再询问' } },
    comment: option('TEXT', 'why, for the journal', '原因，记入日志'),
    ...socketOption,
    ...commonOptions,
  },
  examples: [
    {
      line: 'protect preview app-control audit --since 7d',
      text: { en: 'what audit would have reported', zh: '审计阶段本应报告的内容' },
    },
    {
      line: 'protect set app-control enforce --confirm-within 5m',
      text: { en: 'block, with five minutes to confirm', zh: '开始阻断，五分钟内须确认' },
    },
    { line: 'protect undo app-control', text: { en: 'back to what was before', zh: '退回到之前的状态' } },
  ],
  run,
};
