/** `redoubt bans`: who is kept out, and trying out the jails that decide it. */
import { readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { parseDuration, toCrowdsec, toPlain } from '@redoubt/act/bans';
import type { BanChange, BansAnswer } from '@redoubt/agent/bans';
import { requireAgent } from '../agent/client.ts';
import { testFile } from '../bans/offline.ts';
import { banLines, changeLines, listLines, testLines } from '../bans/output.ts';
import { type Command, flag, type Invocation, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, numberOption, socketOption, stateOption } from '../options.ts';
import { safe } from '../output/safe.ts';

const importLimit = 64 * 1024 * 1024;
const exportLimit = 500_000;

function usageError(): CommandError {
  return new CommandError(ExitCode.usage, {
    en: 'Say `bans list`, `show ADDRESS`, `add ADDRESS [--for 1h]`, `remove ADDRESS…`, `import FILE`, `export` or `test FILE [--jail NAME]`; see: redoubt help bans',
    zh: '用法：`bans list`、`show 地址`、`add 地址 [--for 1h]`、`remove 地址…`、`import 文件`、`export` 或 `test 文件 [--jail 名称]`；请查看：redoubt help bans',
  });
}

async function run(invocation: Invocation): Promise<number> {
  const [action = 'list', ...rest] = invocation.arguments;
  const [first, second] = rest;
  if (action === 'list' && first === undefined) return list(invocation);
  if (action === 'export' && first === undefined) return exported(invocation);
  if (action === 'remove' && first !== undefined)
    return changed(invocation, '/api/bans/remove', { subjects: rest });
  if (first === undefined || second !== undefined) throw usageError();
  if (action === 'show') return show(invocation, first);
  if (action === 'add') {
    const reason = textOption(invocation.options, 'reason');
    return changed(invocation, '/api/bans', {
      subject: first,
      ...lengthOf(invocation),
      ...(reason && { reason }),
    });
  }
  if (action === 'import') return imported(invocation, first);
  if (action === 'test') return tested(invocation, first);
  throw usageError();
}

/** Seconds of `--for`. @throws CommandError */
function lengthOf({ options }: Invocation): { seconds?: number } {
  const text = textOption(options, 'for');
  if (text === undefined) return {};
  const length = parseDuration(text);
  if (length !== undefined) return { seconds: Math.max(Math.round(length / 1000), 1) };
  throw new CommandError(ExitCode.usage, {
    en: `--for must be a time such as 10m, 1h, 7d, not "${text}"`,
    zh: `--for 应为 10m、1h、7d 这样的时长，而不是“${text}”`,
  });
}

async function list(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const limit = numberOption(options, 'limit', { min: 0, max: exportLimit, otherwise: 100 });
  const answer = await requireAgent(invocation).get<BansAnswer>('/api/bans', { limit });
  if (flag(options, 'json')) output.json(answer);
  else output.print(...listLines(answer, output));
  return ExitCode.ok;
}

async function show(invocation: Invocation, subject: string): Promise<number> {
  const { options, output } = invocation;
  const answer = await requireAgent(invocation).get<BansAnswer>('/api/bans', { subject });
  if (flag(options, 'json')) output.json(answer.items);
  else if (answer.items.length === 0)
    output.print(output.say({ en: `${safe(subject)} is not banned.`, zh: `${safe(subject)} 未被封禁。` }));
  else for (const ban of answer.items) output.print(...banLines(ban, output));
  return answer.items.length === 0 ? ExitCode.failed : ExitCode.ok;
}

async function changed(invocation: Invocation, path: string, body: object): Promise<number> {
  const { options, output } = invocation;
  const operator = userInfo().username;
  const change = await requireAgent(invocation).post<BanChange>(path, { ...body, operator });
  if (flag(options, 'json')) output.json(change);
  else output.print(...changeLines(change, output));
  return change.changed === 0 && change.refused > 0 ? ExitCode.failed : ExitCode.ok;
}

async function imported(invocation: Invocation, file: string): Promise<number> {
  const origin = textOption(invocation.options, 'source') ?? 'import';
  return changed(invocation, '/api/bans/import', { text: textOf(file), origin, ...lengthOf(invocation) });
}

function textOf(file: string): string {
  try {
    const found = statSync(file);
    if (!found.isFile()) throw new Error('is no regular file');
    if (found.size > importLimit) throw new Error(`is larger than ${importLimit} bytes`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new CommandError(
      ExitCode.usage,
      { en: `${file}: ${words}`, zh: `${file}：${words}` },
      { cause: error },
    );
  }
}

async function exported(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const format = textOption(options, 'format') ?? 'crowdsec';
  if (format !== 'crowdsec' && format !== 'plain')
    throw new CommandError(ExitCode.usage, {
      en: `--format must be crowdsec or plain, not "${format}"`,
      zh: `--format 应为 crowdsec 或 plain，而不是“${format}”`,
    });
  const { items } = await requireAgent(invocation).get<BansAnswer>('/api/bans', { limit: exportLimit });
  if (format === 'plain') output.write(toPlain(items));
  else output.json(toCrowdsec(items, Date.now()));
  return ExitCode.ok;
}

async function tested(invocation: Invocation, file: string): Promise<number> {
  const { options, output } = invocation;
  const report = await testFile(invocation, file);
  if (flag(options, 'json')) output.json(report);
  else output.print(...testLines(report, output));
  return ExitCode.ok;
}

export const bansCommand: Command = {
  name: 'bans',
  summary: {
    en: 'addresses that are kept out, and the jails that decide it',
    zh: '被封禁的地址及其判定规则',
  },
  usage: [
    'bans [list] [--limit N]',
    'bans show ADDRESS',
    'bans add ADDRESS [--for 1h] [--reason TEXT]',
    'bans remove ADDRESS…',
    'bans import FILE [--source NAME] [--for 4h]',
    'bans export [--format crowdsec|plain]',
    'bans test FILE [--jail NAME]',
  ],
  details: {
    en: 'Jails are YAML files; your own stand in the folder `jails` of the state directory. Whether bans block is\ndecided on the ladder: redoubt protect show bans. `test` needs no agent and bans nobody. See docs/en/bans.md.',
    zh: '规则为 YAML 文件；自定义规则放在状态目录的 `jails` 目录中。封禁是否生效由阶梯决定：redoubt protect show bans。\n`test` 无需代理，也不会封禁任何地址。详见 docs/zh/bans.md。',
  },
  options: {
    for: { type: 'string', value: 'TIME', help: { en: 'how long: 10m, 1h, 7d', zh: '时长：10m、1h、7d' } },
    reason: { type: 'string', value: 'TEXT', help: { en: 'why, for the record', zh: '原因' } },
    source: { type: 'string', value: 'NAME', help: { en: 'whose decisions these are', zh: '决定的来源' } },
    format: {
      type: 'string',
      value: 'crowdsec|plain',
      help: { en: 'form of the export (default: crowdsec)', zh: '导出格式（默认 crowdsec）' },
    },
    jail: { type: 'string', value: 'NAME', help: { en: 'only this jail', zh: '仅此规则' } },
    'log-format': {
      type: 'string',
      value: 'NAME',
      help: { en: 'format of the log, when it is not recognised', zh: '日志格式（无法识别时）' },
    },
    limit: {
      type: 'string',
      value: 'N',
      help: { en: 'bans listed (default: 100)', zh: '列出条数（默认 100）' },
    },
    ...stateOption,
    ...socketOption,
    ...commonOptions,
  },
  examples: [
    {
      line: 'bans test /var/log/auth.log --jail sshd',
      text: { en: 'whom the jail would ban', zh: '该规则会封禁谁' },
    },
    {
      line: 'bans add 192.0.2.7 --for 1h',
      text: { en: 'keep an address out for an hour', zh: '封禁一小时' },
    },
  ],
  run,
};
