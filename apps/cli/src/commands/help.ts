/** `redoubt help`: what there is, and how each command is used. */
import type { Bilingual } from '@redoubt/model';
import type { Command, OptionSpec } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions } from '../options.ts';
import type { Output } from '../output/output.ts';
import { pad, width } from '../output/width.ts';

const exitCodes: readonly [code: number, text: Bilingual][] = [
  [ExitCode.ok, { en: 'it went well', zh: '成功' }],
  [
    ExitCode.failed,
    {
      en: 'a check failed: an open finding, a missed drill, a needed part missing',
      zh: '检查未通过：有未解决的告警、演练漏检、缺少必要组件',
    },
  ],
  [ExitCode.usage, { en: 'the command line is wrong', zh: '命令行有误' }],
  [
    ExitCode.unavailable,
    { en: 'something needed is not there: no agent, no record', zh: '缺少所需条件：没有代理、没有记录' },
  ],
  [ExitCode.internal, { en: 'something unexpected went wrong', zh: '发生意外错误' }],
];

/** Two columns below each other. */
function columns(rows: readonly (readonly [left: string, right: string])[]): string[] {
  const widest = Math.max(...rows.map(([left]) => width(left)));
  return rows.map(([left, right]) => `  ${pad(left, widest)}  ${right}`);
}

function title(output: Output, en: string, zh: string): string[] {
  return ['', output.style('bold', output.say({ en, zh }))];
}

function optionName(name: string, { short, value }: OptionSpec): string {
  return `${short ? `-${short}, ` : '    '}--${name}${value ? ` ${value}` : ''}`;
}

/** Help for one command. */
export function commandHelp(command: Command, output: Output): string[] {
  const lines = [`${output.style('bold', `redoubt ${command.name}`)} — ${output.say(command.summary)}`];
  lines.push(...title(output, 'Usage', '用法'), ...command.usage.map(usage => `  redoubt ${usage}`));
  if (command.details) lines.push('', ...output.say(command.details).split('\n'));
  const options = Object.entries(command.options).map(([name, option]): [string, string] => [
    optionName(name, option),
    output.say(option.help),
  ]);
  lines.push(...title(output, 'Options', '选项'), ...columns(options));
  if (command.examples.length > 0) {
    const examples = command.examples.map(({ line, text }): [string, string] => [
      `redoubt ${line}`,
      output.say(text),
    ]);
    lines.push(...title(output, 'Examples', '示例'), ...columns(examples));
  }
  return lines;
}

/** Help for the whole. */
export function generalHelp(commands: readonly Command[], output: Output): string[] {
  return [
    `${output.style('bold', output.say({ en: 'Redoubt', zh: 'Redoubt 壁垒' }))} — ${output.say({
      en: 'watches a server, finds malware by what it does, and proves it',
      zh: '监控服务器，按行为发现恶意软件，并给出证明',
    })}`,
    ...title(output, 'Usage', '用法'),
    '  redoubt COMMAND [OPTION]…',
    ...title(output, 'Commands', '命令'),
    ...columns(commands.map(command => [command.name, output.say(command.summary)])),
    ...title(output, 'Exit status', '退出状态'),
    ...columns(exitCodes.map(([code, text]) => [String(code), output.say(text)])),
    '',
    output.say({
      en: 'Start with `./redoubt up`; `redoubt help COMMAND` tells more.\nNO_COLOR turns colours off; REDOUBT_SOCKET names the agent’s socket.',
      zh: '从 `./redoubt up` 开始；`redoubt help 命令` 查看详情。\nNO_COLOR 关闭颜色；REDOUBT_SOCKET 指定代理的套接字。',
    }),
  ];
}

/** The help command over all commands, itself included. */
export function helpCommand(
  commandOf: (name: string) => Promise<Command | undefined>,
  allCommands: () => Promise<readonly Command[]>,
): Command {
  return {
    name: 'help',
    summary: { en: 'this help, or help for a command', zh: '本帮助，或某个命令的帮助' },
    usage: ['help [COMMAND]'],
    options: { lang: commonOptions.lang, help: commonOptions.help },
    examples: [],
    async run({ arguments: [name], output }) {
      if (name === undefined) {
        output.print(...generalHelp(await allCommands(), output));
        return ExitCode.ok;
      }
      const command = await commandOf(name);
      if (!command) throw unknownCommand(name);
      output.print(...commandHelp(command, output));
      return ExitCode.ok;
    },
  };
}

/** That there is no command of this name. */
export function unknownCommand(name: string): CommandError {
  return new CommandError(ExitCode.usage, {
    en: `There is no command "${name}"; see: redoubt help`,
    zh: `没有命令“${name}”；请查看：redoubt help`,
  });
}
