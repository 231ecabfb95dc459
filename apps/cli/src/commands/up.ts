/** `redoubt up`: watch this server. */
import { existsSync } from 'node:fs';
import type { AgentOptions } from '@redoubt/agent';
import type { Summary } from '@redoubt/agent/contract';
import type { Finding } from '@redoubt/model';
import { AgentClient } from '../agent/client.ts';
import { messages } from '../agent/stream.ts';
import {
  type Command,
  flag,
  type Invocation,
  type OptionValues,
  textOption,
  textOptions,
} from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, numberOption } from '../options.ts';
import { actorName } from '../output/event-line.ts';
import type { Output } from '../output/output.ts';
import { safe } from '../output/safe.ts';
import { summaryLines } from '../output/summary-text.ts';
import { clock, severityName } from '../output/values.ts';
import { cut } from '../output/width.ts';

function modeOption(options: OptionValues): AgentOptions['mode'] {
  const mode = textOption(options, 'mode') ?? 'auto';
  if (mode === 'auto' || mode === 'kernel' || mode === 'reduced') return mode;
  throw new CommandError(ExitCode.usage, {
    en: `--mode must be auto, kernel or reduced, not "${mode}"`,
    zh: `--mode 必须是 auto、kernel 或 reduced，而不是“${mode}”`,
  });
}

function agentOptions(
  options: OptionValues,
  mode: AgentOptions['mode'],
  defaults: AgentOptions,
  packsFolder: (state: string) => string,
): AgentOptions {
  const rules = textOptions(options, 'rules');
  const stateDirectory = textOption(options, 'state') ?? defaults.stateDirectory;
  const imported = packsFolder(stateDirectory);
  return {
    ...defaults,
    host: textOption(options, 'host') ?? defaults.host,
    port: numberOption(options, 'port', { min: 0, max: 65_535, otherwise: defaults.port }),
    socket: textOption(options, 'socket') ?? defaults.socket,
    stateDirectory,
    rules: [...defaults.rules, ...(existsSync(imported) ? [imported] : []), ...rules],
    mode,
    retentionDays: numberOption(options, 'keep-days', {
      min: 1,
      max: 3650,
      otherwise: defaults.retentionDays,
    }),
  };
}

/** Columns of what a process is shown by: command lines can be longer than any screen. */
const shownActor = 120;

/** One line for a finding as it is made. */
function findingLine(finding: Finding, output: Output): string {
  const process = finding.evidences[0]?.process;
  return [
    output.style('dim', clock(finding.time)),
    severityName(finding.severity_id, output),
    output.style('bold', safe(output.say(finding.redoubt.title))),
    cut(
      safe([actorName(process), process?.user?.name, process?.cmd_line].filter(Boolean).join(' ')),
      shownActor,
    ),
    output.style('dim', safe(finding.finding_info.uid)),
  ].join('  ');
}

/** Prints each new finding until the signal; a finding that only counts up is not printed again. */
async function announceFindings(
  agent: AgentClient,
  invocation: Invocation,
  signal: AbortSignal,
): Promise<void> {
  const { output, options } = invocation;
  const stream = await agent.stream('/api/stream', { topics: 'findings' }, signal);
  try {
    for await (const { name, data } of messages(stream)) {
      if (name !== 'finding') continue;
      const finding = JSON.parse(data) as Finding;
      if (finding.activity_id !== 1) continue;
      if (flag(options, 'json')) output.json({ finding });
      else output.print(findingLine(finding, output));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function goodbye({ events, findings }: Summary, output: Output): string {
  const lost = events.lost + events.dropped;
  return output.say({
    en: `Stopped. ${events.stored} events recorded, ${lost} lost, ${findings.open} findings open.`,
    zh: `已停止。记录事件 ${events.stored} 个，丢失 ${lost} 个，未解决告警 ${findings.open} 条。`,
  });
}

/** Settles at the first SIGINT, SIGTERM or SIGHUP. */
function interrupted(): Promise<void> {
  return new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}

async function run(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  // A wrong option is told before the agent, which is large, is loaded.
  const mode = modeOption(options);
  const { defaultOptions, runAgent } = await import('@redoubt/agent');
  const { packsFolder } = await import('@redoubt/detect/offline');
  const chosen = agentOptions(options, mode, defaultOptions(invocation.environment), packsFolder);
  const stopped = interrupted();
  const running = await runAgent(chosen);
  const agent = new AgentClient(chosen.socket);
  const stop = new AbortController();
  try {
    const summary = await agent.get<Summary>('/api/summary');
    if (flag(options, 'json'))
      output.json({ url: running.url, socket: chosen.socket, state: chosen.stateDirectory, summary });
    else {
      output.print(...summaryLines(summary, output));
      output.print(
        output.say({ en: `data      ${chosen.stateDirectory}`, zh: `数据      ${chosen.stateDirectory}` }),
      );
      output.print('', output.style(['bold', 'green'], running.url), '');
      output.print(
        output.say({ en: 'Findings appear below. Ctrl-C stops.', zh: '告警会显示在下方。按 Ctrl-C 停止。' }),
      );
    }
    const announcing = announceFindings(agent, invocation, stop.signal);
    await Promise.race([stopped, announcing]);
    stop.abort();
    await announcing;
    const last = await agent.get<Summary>('/api/summary');
    if (flag(options, 'json')) output.json({ summary: last });
    else output.print('', goodbye(last, output));
  } finally {
    stop.abort();
    await running.stop();
  }
  return ExitCode.ok;
}

export const upCommand: Command = {
  name: 'up',
  summary: { en: 'watch this server, with a page in the browser', zh: '监控本服务器，并提供浏览器页面' },
  usage: ['up [--port N] [--state DIR] [--rules DIR]… [--mode auto|kernel|reduced]'],
  details: {
    en: 'Runs until Ctrl-C, then says what was recorded and what was lost. As root with eBPF it sees everything;\notherwise it runs reduced and says what that costs.',
    zh: '运行至按下 Ctrl-C，随后报告记录与丢失的数量。以 root 运行且支持 eBPF 时可看到全部行为；\n否则以受限模式运行并说明影响。',
  },
  options: {
    port: {
      type: 'string',
      short: 'p',
      value: 'N',
      help: {
        en: 'port of the page (default 7400; 0 takes any free one)',
        zh: '页面端口（默认 7400；0 表示任选空闲端口）',
      },
    },
    host: {
      type: 'string',
      value: 'ADDRESS',
      help: { en: 'loopback address of the page', zh: '页面的回环地址' },
    },
    socket: {
      type: 'string',
      value: 'PATH',
      help: { en: 'socket for the other commands', zh: '供其他命令使用的套接字' },
    },
    state: {
      type: 'string',
      value: 'DIR',
      help: { en: 'folder of the flight recorder', zh: '飞行记录所在目录' },
    },
    rules: {
      type: 'string',
      value: 'DIR',
      multiple: true,
      help: {
        en: 'more rules, beside those that Redoubt ships (may be repeated)',
        zh: '自带规则之外的更多规则（可重复）',
      },
    },
    mode: {
      type: 'string',
      value: 'MODE',
      help: {
        en: 'auto: the best sensor that works; kernel: that or nothing; reduced: without eBPF',
        zh: 'auto：可用的最佳传感器；kernel：必须使用内核传感器；reduced：不使用 eBPF',
      },
    },
    'keep-days': {
      type: 'string',
      value: 'N',
      help: { en: 'days to keep events (default 7)', zh: '事件保留天数（默认 7）' },
    },
    ...commonOptions,
  },
  examples: [
    { line: 'up', text: { en: 'watch', zh: '开始监控' } },
    {
      line: 'up --port 0 --state /tmp/try',
      text: { en: 'try it beside another agent', zh: '在另一个代理旁试用' },
    },
  ],
  run,
};
