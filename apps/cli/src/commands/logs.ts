/** `redoubt logs`: the logs that the agent follows. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { LogSourceStatus, LogsAnswer } from '@redoubt/agent/contract';
import { findAgent } from '../agent/client.ts';
import { type Command, flag, type Invocation, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { settingsOf } from '../logs/settings.ts';
import { commonOptions, socketOption } from '../options.ts';
import type { Output } from '../output/output.ts';
import { safe } from '../output/safe.ts';
import { table } from '../output/table.ts';
import { stateDirectory } from '../recorder/open.ts';

/** The configuration's code is loaded only when it is used, so that other commands start fast. */
const configuration = () => import('@redoubt/agent/logs-config');

const states = {
  starting: { en: 'starting', zh: '启动中' },
  running: { en: 'running', zh: '运行中' },
  failed: { en: 'failed', zh: '失败' },
  stopped: { en: 'stopped', zh: '已停止' },
} as const;

/** Clocks closer than this are right, as far as records can tell, milliseconds. */
const rightClock = 2_000;

/** The folder of the configuration: that of the running agent, unless another is asked for. */
async function configFolder(invocation: Invocation): Promise<string> {
  const agent = textOption(invocation.options, 'state') === undefined ? findAgent(invocation) : undefined;
  if (agent === undefined) return resolve(stateDirectory(invocation));
  return dirname((await agent.get<LogsAnswer>('/api/logs')).config);
}

/** What the clock of a source shows; records that come late look like a clock that is behind. */
function clockText({ clocks }: LogSourceStatus, output: Output): string {
  const [clock] = clocks;
  if (clock === undefined) return '';
  const seconds = Math.round(Math.abs(clock.offset_ms) / 1000);
  if (Math.abs(clock.offset_ms) < rightClock) return output.say({ en: 'right', zh: '一致' });
  const words =
    clock.offset_ms > 0
      ? output.say({ en: `${seconds} s ahead`, zh: `快 ${seconds} 秒` })
      : output.say({ en: `${seconds} s behind or late`, zh: `慢或迟到 ${seconds} 秒` });
  return clocks.length > 1 ? `${words} (${safe(clock.of)})` : words;
}

function rowOf(item: LogSourceStatus, output: Output): string[] {
  const state = output.say(states[item.state]);
  const failure = item.failure === undefined ? '' : `: ${item.failure}`;
  return [
    safe(item.name),
    item.format === undefined ? item.type : safe(`${item.type} ${item.format}`),
    state,
    String(item.records),
    String(item.damaged),
    String(item.lost),
    clockText(item, output),
    safe(item.places.join(' ') + failure),
  ];
}

function printTable(answer: LogsAnswer, output: Output): void {
  const headings = output.say({
    en: 'SOURCE|TYPE|STATE|RECORDS|DAMAGED|LOST|CLOCK|WHERE',
    zh: '来源|类型|状态|记录数|损坏|丢失|时钟|位置',
  });
  const columns = headings
    .split('|')
    .map((heading, index) => (index === 7 ? { heading, elastic: true as const } : { heading }));
  const rows = answer.items.map(item => rowOf(item, output));
  output.print(...table(columns, rows, output.columns));
  for (const { name, last_damage: damage } of answer.items) {
    if (damage !== undefined) {
      output.print(
        safe(output.say({ en: `${name}: last damage: ${damage}`, zh: `${name}：最近的损坏：${damage}` })),
      );
    }
  }
  output.print(
    output.say({ en: `Configuration: ${safe(answer.config)}`, zh: `配置文件：${safe(answer.config)}` }),
  );
  if (answer.problem !== undefined) output.print(output.style('red', safe(output.say(answer.problem))));
}

/** What would be followed, when no agent runs that could say how it goes. */
async function configured(invocation: Invocation): Promise<LogsAnswer> {
  const directory = await configFolder(invocation);
  const { effectiveSources, logsConfigPath, readLogsConfig } = await configuration();
  const sources = await readable(() => effectiveSources(readLogsConfig(directory)));
  return {
    config: logsConfigPath(directory),
    items: sources.map(source => ({
      name: source.name,
      type: source.type,
      ...(source.type === 'file' && { format: source.format ?? 'auto' }),
      state: 'stopped',
      places: source.type === 'file' ? [...source.paths] : source.type === 'journal' ? [] : [source.address],
      records: 0,
      repeated: 0,
      damaged: 0,
      lost: 0,
      clocks: [],
    })),
  };
}

/** Runs work on the configuration; its complaints name line and key and are shown as they are. */
async function readable<T>(work: () => T): Promise<T> {
  const { LogsConfigError } = await configuration();
  try {
    return work();
  } catch (error) {
    if (error instanceof LogsConfigError)
      throw new CommandError(ExitCode.usage, error.text, { cause: error });
    const words = error instanceof Error ? error.message : String(error);
    throw new CommandError(
      ExitCode.unavailable,
      { en: `The configuration cannot be used: ${words}`, zh: `无法使用配置：${words}` },
      { cause: error },
    );
  }
}

async function list(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const agent = findAgent(invocation);
  const answer =
    agent === undefined ? await configured(invocation) : await agent.get<LogsAnswer>('/api/logs');
  if (flag(options, 'json')) output.json(answer);
  else printTable(answer, output);
  const isBad = answer.problem !== undefined || answer.items.some(item => item.state === 'failed');
  return isBad ? ExitCode.failed : ExitCode.ok;
}

/** Makes a running agent take over the configuration, and says what came of it. */
async function applied(invocation: Invocation, done: { en: string; zh: string }): Promise<number> {
  const { options, output } = invocation;
  const agent = findAgent(invocation);
  const answer = agent === undefined ? undefined : await agent.post<LogsAnswer>('/api/logs/reload', {});
  if (flag(options, 'json')) output.json(answer ?? (await configured(invocation)));
  else {
    output.print(output.say(done));
    if (answer === undefined) {
      output.print(
        output.say({
          en: 'No agent is running; it holds from its next start.',
          zh: '没有代理在运行；下次启动时生效。',
        }),
      );
    }
  }
  return ExitCode.ok;
}

async function add(invocation: Invocation): Promise<number> {
  const directory = await configFolder(invocation);
  const settings = settingsOf(invocation, directory);
  const { addLogSource } = await configuration();
  await readable(() => addLogSource(directory, settings));
  const tokenFile = settings['token_file'];
  if (typeof tokenFile === 'string' && textOption(invocation.options, 'token-file') === undefined) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(tokenFile, `${randomBytes(24).toString('hex')}\n`, { mode: 0o600, flag: 'w' });
    invocation.output.remark({
      en: `Senders must show the token in ${tokenFile}`,
      zh: `发送方须出示 ${tokenFile} 中的令牌`,
    });
  }
  return applied(invocation, { en: `Added ${settings.name}.`, zh: `已添加 ${settings.name}。` });
}

async function remove(invocation: Invocation): Promise<number> {
  const [, name, ...more] = invocation.arguments;
  if (name === undefined || more.length > 0) {
    throw new CommandError(ExitCode.usage, { en: 'Say `logs remove NAME`', zh: '用法：`logs remove 名称`' });
  }
  const { removeLogSource } = await configuration();
  const directory = await configFolder(invocation);
  if (!(await readable(() => removeLogSource(directory, name)))) {
    throw new CommandError(ExitCode.usage, {
      en: `There is no log source "${name}"`,
      zh: `没有名为“${name}”的日志来源`,
    });
  }
  return applied(invocation, { en: `Removed ${name}.`, zh: `已移除 ${name}。` });
}

async function run(invocation: Invocation): Promise<number> {
  const [action] = invocation.arguments;
  if (action === undefined) return list(invocation);
  if (action === 'add') return add(invocation);
  if (action === 'remove') return remove(invocation);
  throw new CommandError(ExitCode.usage, {
    en: 'Say `logs`, `logs add` or `logs remove`',
    zh: '用法：`logs`、`logs add` 或 `logs remove`',
  });
}

const option = (value: string, en: string, zh: string) => ({
  type: 'string' as const,
  value,
  help: { en, zh },
});

export const logsCommand: Command = {
  name: 'logs',
  summary: { en: 'the logs that the agent follows', zh: '代理跟踪的日志' },
  usage: [
    'logs [--json]',
    'logs add file NAME PATH… [--format FORMAT] [--timezone ZONE] [--from start|end]',
    'logs add journal NAME [--unit UNIT]…',
    'logs add syslog NAME [--address IP] [--udp N] [--tcp N] [--tls N --cert FILE --key FILE]',
    'logs add winevents NAME [--address IP] [--port N] [--token-file FILE] [--cert FILE --key FILE]',
    'logs remove NAME',
  ],
  details: {
    en: 'Without a configuration the logs found on this host are followed. A running agent takes a change over at once.\nExits with 1 when a source has failed.',
    zh: '没有配置文件时，跟踪本机发现的日志。更改会立即被正在运行的代理采用。\n有来源失败时以 1 退出。',
  },
  options: {
    format: option('FORMAT', 'format of the files (default: recognised)', '文件格式（默认自动识别）'),
    'access-format': option(
      'TEXT',
      'nginx log_format or Apache LogFormat',
      'nginx log_format 或 Apache LogFormat',
    ),
    timezone: option('ZONE', 'zone of times written without one', '未写时区的时间所用的时区'),
    from: option('start|end', 'where to begin in a new file (default: end)', '新文件从何处开始（默认 end）'),
    unit: {
      ...option('UNIT', 'unit of the journal (may be repeated)', '日志单元（可重复）'),
      multiple: true,
    },
    address: option('IP', 'address to listen at (default 127.0.0.1)', '监听地址（默认 127.0.0.1）'),
    udp: option('N', 'port of syslog over UDP', 'syslog UDP 端口'),
    tcp: option('N', 'port of syslog over TCP', 'syslog TCP 端口'),
    tls: option('N', 'port of syslog over TLS', 'syslog TLS 端口'),
    port: option(
      'N',
      'port of the Windows event receiver (default 5985)',
      'Windows 事件接收端口（默认 5985）',
    ),
    cert: option('FILE', 'certificate, PEM', 'PEM 证书'),
    key: option('FILE', 'its private key, PEM', 'PEM 私钥'),
    'token-file': option('FILE', 'file of the token (default: a new one)', '令牌文件（默认新建）'),
    state: option('DIR', 'folder of the flight recorder and of logs.yml', '飞行记录与 logs.yml 所在目录'),
    ...socketOption,
    ...commonOptions,
  },
  examples: [
    {
      line: 'logs add file shop "/srv/shop/log/access*.log" --format web-access',
      text: { en: 'an access log of your own', zh: '自有访问日志' },
    },
    {
      line: 'logs add syslog network --address 10.0.0.5 --tcp 6514',
      text: { en: 'a listener', zh: '监听 syslog' },
    },
    { line: 'logs remove nginx-error', text: { en: 'leave one out', zh: '不再跟踪' } },
  ],
  run,
};
