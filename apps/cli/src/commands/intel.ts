/** `redoubt intel`: threat intelligence of the running agent. */
import { readFileSync } from 'node:fs';
import type {
  ImportMessage,
  IntelligenceAnswer,
  IntelligenceImport,
  IntelligenceReport,
  RemovedAnswer,
} from '@redoubt/agent/intelligence';
import { type AgentClient, requireAgent } from '../agent/client.ts';
import { type Command, flag, type Invocation, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import {
  type FeedFormat,
  feedFormats,
  fetchedFeed,
  formatOf,
  isAddress,
  isCollection,
  localFeed,
} from '../intel/feed.ts';
import { commonOptions, numberOption, socketOption } from '../options.ts';
import { importLines, importStateText, sourceTable } from '../output/intelligence-text.ts';
import { safe } from '../output/safe.ts';
import { bytes } from '../output/values.ts';

type Auth = NonNullable<Extract<IntelligenceImport['input'], { format: 'taxii' }>['auth']>;

function wrong(en: string, zh: string): CommandError {
  return new CommandError(ExitCode.usage, { en, zh });
}

function usageError(): CommandError {
  return wrong(
    'Say `intel list`, `intel import FILE|URL --source NAME`, `intel remove NAME` or `intel hold NAME [--off]`; see: redoubt help intel',
    '用法：`intel list`、`intel import 文件或网址 --source 名称`、`intel remove 名称` 或 `intel hold 名称 [--off]`；请查看：redoubt help intel',
  );
}

function formatOption({ options }: Invocation): FeedFormat | undefined {
  const text = textOption(options, 'format');
  const format = feedFormats.find(one => one === text);
  if (text === undefined || format !== undefined) return format;
  const known = feedFormats.join(', ');
  throw wrong(
    `--format must be one of ${known}, not "${text}"`,
    `--format 应为 ${known} 之一，而不是“${text}”`,
  );
}

/** How to sign in at a server: the secret comes from a file, since others can read command lines. */
function authOption({ options }: Invocation): Auth | undefined {
  const file = textOption(options, 'secret-file');
  const user = textOption(options, 'user');
  if (file === undefined) {
    if (user === undefined) return undefined;
    throw wrong('--user needs --secret-file', '使用 --user 时须给出 --secret-file');
  }
  let secret: string;
  try {
    secret = readFileSync(file, 'utf8').trim();
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw wrong(`--secret-file cannot be read: ${words}`, `无法读取 --secret-file：${words}`);
  }
  return user === undefined ? { type: 'bearer', token: secret } : { type: 'basic', user, password: secret };
}

function headerOf(auth: Auth | undefined): string | undefined {
  if (auth === undefined) return undefined;
  if (auth.type === 'bearer') return `Bearer ${auth.token}`;
  return `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}`;
}

/** Hands an import to the agent and shows how far it is. @throws CommandError with the agent's words */
async function followed(
  agent: AgentClient,
  request: IntelligenceImport,
  { output }: Invocation,
): Promise<IntelligenceReport> {
  for await (const message of agent.postLines<ImportMessage>('/api/intelligence/import', request)) {
    if ('report' in message) return message.report;
    if ('error' in message) throw new CommandError(ExitCode.failed, message.error);
    output.status(importStateText(message.progress, output));
  }
  throw new CommandError(ExitCode.internal, {
    en: 'The agent ended before the import was done; what it has taken: redoubt intel list',
    zh: '代理在导入完成前退出；已导入的内容请查看：redoubt intel list',
  });
}

async function importFeed(invocation: Invocation, place: string): Promise<number> {
  const { options, output } = invocation;
  const name = textOption(options, 'source');
  if (name === undefined || name === '')
    throw wrong('Name the source with --source NAME', '请用 --source 指定情报源名称');
  const asked = formatOption(invocation) ?? (isCollection(place) ? 'taxii' : undefined);
  const auth = authOption(invocation);
  const source = {
    name,
    ...(flag(options, 'local') && { local: true }),
    ...(textOption(options, 'confidence') !== undefined && {
      confidence: numberOption(options, 'confidence', { min: 0, max: 100, otherwise: 50 }),
    }),
    ...(textOption(options, 'valid-days') !== undefined && {
      valid_days: numberOption(options, 'valid-days', { min: 1, max: 36_500, otherwise: 1 }),
    }),
  };
  const agent = requireAgent(invocation);
  let report: IntelligenceReport;
  try {
    if (asked === 'taxii') {
      if (!isAddress(place))
        throw wrong(
          'A TAXII collection has an address: https://HOST/ROOT/collections/ID/',
          'TAXII 集合应为网址：https://主机/根/collections/编号/',
        );
      const input = { format: 'taxii' as const, collection: place, ...(auth !== undefined && { auth }) };
      report = await followed(agent, { source, input }, invocation);
    } else {
      const feed = isAddress(place)
        ? await fetchedFeed(place, headerOf(auth), size =>
            output.status(output.say({ en: `fetching: ${bytes(size)}`, zh: `正在获取：${bytes(size)}` })),
          )
        : localFeed(place);
      try {
        const input = { format: asked ?? formatOf(feed.path), path: feed.path };
        const origin = isAddress(place) ? { origin: withoutSecrets(place) } : {};
        report = await followed(agent, { source, input, ...origin }, invocation);
      } finally {
        feed.dispose();
      }
    }
  } finally {
    output.status('');
  }
  if (flag(options, 'json')) output.json(report);
  else output.print(...importLines(report, output));
  return ExitCode.ok;
}

/** An address as it may be shown: keys often stand in the query. */
function withoutSecrets(address: string): string {
  const { origin, pathname } = new URL(address);
  return origin + pathname;
}

async function list(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const answer = await requireAgent(invocation).get<IntelligenceAnswer>('/api/intelligence');
  if (flag(options, 'json')) output.json(answer);
  else output.print(...sourceTable(answer, output));
  return ExitCode.ok;
}

async function remove(invocation: Invocation, name: string): Promise<number> {
  const { options, output } = invocation;
  const path = `/api/intelligence/source?name=${encodeURIComponent(name)}`;
  const answer = await requireAgent(invocation).delete<RemovedAnswer>(path);
  if (flag(options, 'json')) output.json(answer);
  else {
    const { removed } = answer;
    output.print(
      output.say({
        en: `Removed ${safe(name)} with ${removed} indicators.`,
        zh: `已移除 ${safe(name)} 及其 ${removed} 条指标。`,
      }),
    );
  }
  return ExitCode.ok;
}

async function hold(invocation: Invocation, source: string): Promise<number> {
  const { options, output } = invocation;
  const held = !flag(options, 'off');
  const answer = await requireAgent(invocation).post<IntelligenceAnswer>('/api/intelligence/hold', {
    source,
    held,
  });
  if (flag(options, 'json')) output.json(answer);
  else {
    const shown = safe(source);
    output.print(
      output.say(
        held
          ? { en: `${shown} rests: it is kept and matches nothing.`, zh: `${shown} 已暂停：保留但不匹配。` }
          : { en: `${shown} matches again.`, zh: `${shown} 已恢复匹配。` },
      ),
    );
  }
  return ExitCode.ok;
}

async function run(invocation: Invocation): Promise<number> {
  const [action = 'list', what, ...more] = invocation.arguments;
  if (action === 'list' && what === undefined) return list(invocation);
  if (what === undefined || more.length > 0) throw usageError();
  if (action === 'import') return importFeed(invocation, what);
  if (action === 'remove') return remove(invocation, what);
  if (action === 'hold') return hold(invocation, what);
  throw usageError();
}

const option = (value: string, en: string, zh: string) => ({
  type: 'string' as const,
  value,
  help: { en, zh },
});

export const intelCommand: Command = {
  name: 'intel',
  summary: { en: 'threat intelligence: feeds of indicators', zh: '威胁情报：导入与管理失陷指标' },
  usage: [
    'intel [list] [--json]',
    'intel import FILE|URL --source NAME [--format FORMAT] [--confidence N] [--local] [--json]',
    'intel remove NAME',
    'intel hold NAME [--off]',
  ],
  details: {
    en: 'An import replaces what the source had (TAXII adds), then looks for the new indicators in what is recorded.\nA damaged feed changes nothing.',
    zh: '导入会替换该情报源原有的指标（TAXII 为增量），随后在已有记录中回溯新增指标。\n损坏的情报文件不改变任何内容。',
  },
  options: {
    source: option('NAME', 'name of the source', '情报源名称'),
    format: option(
      feedFormats.join('|'),
      'format of the feed (default: recognised)',
      '情报格式（默认自动识别）',
    ),
    confidence: option(
      'N',
      'confidence where the feed states none, 0 to 100 (default 50)',
      '情报未注明时的置信度，0 到 100（默认 50）',
    ),
    'valid-days': option(
      'N',
      'days that an indicator counts where the feed does not say',
      '情报未注明时指标的有效天数',
    ),
    local: {
      type: 'boolean',
      help: { en: 'it speaks of this network: private addresses count', zh: '情报针对本网络：接受私有地址' },
    },
    user: option('NAME', 'user name at the server', '服务器用户名'),
    'secret-file': option(
      'FILE',
      'file with the password, or with a token when there is no --user',
      '密码文件；未给出 --user 时为令牌文件',
    ),
    off: { type: 'boolean', help: { en: 'end the hold', zh: '结束暂停' } },
    ...socketOption,
    ...commonOptions,
  },
  examples: [
    { line: 'intel import bundle.json --source isac', text: { en: 'a STIX bundle', zh: 'STIX 情报包' } },
    {
      line: 'intel import https://feeds.example/ips.txt --source ips --confidence 80',
      text: { en: 'a list from the network', zh: '网络上的列表' },
    },
    { line: 'intel hold ips', text: { en: 'let a noisy source rest', zh: '暂停误报较多的情报源' } },
  ],
  run,
};
