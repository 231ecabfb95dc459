/** `redoubt status`: how the agent is. */
import type { Summary } from '@redoubt/agent/contract';
import { requireAgent } from '../agent/client.ts';
import { type Command, flag, type Invocation } from '../command.ts';
import { ExitCode } from '../exit.ts';
import { commonOptions, socketOption } from '../options.ts';
import { summaryLines } from '../output/summary-text.ts';

/** A sensor that failed, or events that were lost: the agent runs but does not see everything. */
function isImpaired(summary: Summary): boolean {
  return (
    summary.events.lost + summary.events.dropped > 0 ||
    summary.sensors.some(sensor => sensor.state === 'failed')
  );
}

async function run(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const agent = requireAgent(invocation);
  if (flag(options, 'url')) {
    const { url } = await agent.get<{ url: string }>('/api/page');
    if (flag(options, 'json')) output.json({ url });
    else output.print(url);
    return ExitCode.ok;
  }
  const summary = await agent.get<Summary>('/api/summary');
  if (flag(options, 'json')) output.json(summary);
  else output.print(...summaryLines(summary, output));
  return isImpaired(summary) ? ExitCode.failed : ExitCode.ok;
}

export const statusCommand: Command = {
  name: 'status',
  summary: { en: 'how the agent is: sensors, rates, losses', zh: '代理状态：传感器、速率、丢失' },
  usage: ['status [--url] [--json]'],
  details: {
    en: 'Exits with 1 if a sensor failed or an event was lost, and with 3 if no agent runs.',
    zh: '传感器失效或有事件丢失时以 1 退出；没有代理运行时以 3 退出。',
  },
  options: {
    url: {
      type: 'boolean',
      help: { en: 'print the address of the page with its token', zh: '打印带令牌的页面地址' },
    },
    ...socketOption,
    ...commonOptions,
  },
  examples: [
    { line: 'status --url', text: { en: 'open the page of a service', zh: '打开服务的页面' } },
    { line: 'status --json', text: { en: 'for monitoring', zh: '用于监控' } },
  ],
  run,
};
