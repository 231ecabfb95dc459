/** `redoubt events`: what happened, newest last, and what happens now. */
import type { EventsPage } from '@redoubt/agent/contract';
import { type Event, EventKinds, isEventKind } from '@redoubt/model';
import { type AgentClient, findAgent } from '../agent/client.ts';
import { messages } from '../agent/stream.ts';
import { type Command, flag, type Invocation, textOption, textOptions } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, numberOption, socketOption, stateOption, timeOption } from '../options.ts';
import { eventLine } from '../output/event-line.ts';
import type { Output } from '../output/output.ts';

/** The record is loaded only when it is read, so that the common case starts fast. */
const recorded = () => import('../recorder/events.ts');

/** What the user asked for. */
export interface EventsRequest {
  readonly where: string | undefined;
  readonly kinds: readonly string[];
  /** Milliseconds since the Unix epoch. */
  readonly since: number | undefined;
  readonly limit: number;
}

const pageSize = 1000;

/** Kinds of event as given, checked; a trailing `*` stands for all of a family: `file.*`. */
export function eventKinds(given: readonly string[]): string[] {
  const names = given.flatMap(one => one.split(',')).filter(one => one !== '');
  return names.flatMap(name => {
    if (isEventKind(name)) return [name];
    const family = name.endsWith('.*') ? name.slice(0, -1) : `${name}.`;
    const found = Object.keys(EventKinds).filter(kind => kind.startsWith(family));
    if (found.length > 0) return found;
    throw new CommandError(ExitCode.usage, {
      en: `"${name}" is not a kind of event; there are: ${Object.keys(EventKinds).join(', ')}`,
      zh: `“${name}”不是事件类型；可用的有：${Object.keys(EventKinds).join('、')}`,
    });
  });
}

function requestOf({ options }: Invocation): EventsRequest {
  const since = timeOption(options, 'since', Date.now());
  return {
    where: textOption(options, 'where'),
    kinds: eventKinds(textOptions(options, 'kind')),
    since,
    limit: numberOption(options, 'limit', {
      min: 1,
      max: 1_000_000,
      otherwise: since === undefined ? 50 : 10_000,
    }),
  };
}

function narrowing({ where, kinds }: EventsRequest) {
  return { where, kinds: kinds.length > 0 ? kinds.join(',') : undefined };
}

/** The newest events that the agent has, oldest first. */
async function agentEvents(agent: AgentClient, request: EventsRequest): Promise<Event[]> {
  const found: Event[] = [];
  let before: number | undefined;
  do {
    const { items, next } = await agent.get<EventsPage>('/api/events', {
      ...narrowing(request),
      limit: Math.min(pageSize, request.limit - found.length),
      before_sequence: before,
    });
    const { since } = request;
    const wanted = since === undefined ? items : items.filter(event => event.time >= since);
    found.push(...wanted);
    before = wanted.length < items.length ? undefined : next;
  } while (before !== undefined && found.length < request.limit);
  return found.reverse();
}

/** Prints events as they happen, until the agent ends or the user interrupts. */
async function follow(
  agent: AgentClient,
  request: EventsRequest,
  show: (event: Event) => void,
  output: Output,
) {
  const query = { topics: 'events', ...narrowing(request) };
  const stream = await agent.stream('/api/stream', query, new AbortController().signal);
  for await (const { name, data } of messages(stream)) {
    if (name === 'event') show(JSON.parse(data) as Event);
    if (name === 'skipped') {
      const { count } = JSON.parse(data) as { count: number };
      output.remark({
        en: `… ${count} matching events were too many to show; narrow with --where or --kind`,
        zh: `…… 有 ${count} 个匹配事件来不及显示；请用 --where 或 --kind 缩小范围`,
      });
    }
  }
}

async function run(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const request = requestOf(invocation);
  const show = flag(options, 'json')
    ? (event: Event) => output.json(event)
    : (event: Event) => output.print(eventLine(event, output));
  const agent = findAgent(invocation);
  if (!agent) {
    if (flag(options, 'follow')) {
      throw new CommandError(ExitCode.unavailable, {
        en: 'No agent is running, so nothing can be followed. Start one with: ./redoubt up',
        zh: '没有正在运行的代理，无法持续显示。请先启动：./redoubt up',
      });
    }
    for (const event of await (await recorded()).recordedEvents(invocation, request)) show(event);
    return ExitCode.ok;
  }
  for (const event of await agentEvents(agent, request)) show(event);
  if (flag(options, 'follow')) await follow(agent, request, show, output);
  return ExitCode.ok;
}

export const eventsCommand: Command = {
  name: 'events',
  summary: { en: 'what happened, and what happens now', zh: '发生过的以及正在发生的事件' },
  usage: ['events [--follow] [--where CONDITION] [--kind KIND]… [--since TIME] [--limit N] [--json]'],
  details: {
    en: 'Newest events last. With --json, one JSON object a line (OCSF 1.6). Without an agent, the flight\nrecorder of an agent that has ended is read.',
    zh: '最新的事件在最后。使用 --json 时每行一个 JSON 对象（OCSF 1.6）。没有代理运行时，读取已结束代理的\n飞行记录。',
  },
  options: {
    follow: {
      type: 'boolean',
      short: 'f',
      help: { en: 'go on with events as they happen', zh: '持续显示新发生的事件' },
    },
    where: {
      type: 'string',
      short: 'w',
      value: 'CONDITION',
      help: { en: 'only events for which this holds', zh: '仅显示满足条件的事件' },
    },
    kind: {
      type: 'string',
      short: 'k',
      value: 'KIND',
      multiple: true,
      help: {
        en: 'only these kinds, e.g. process.exec, file.* (may be repeated)',
        zh: '仅这些类型，如 process.exec、file.*（可重复）',
      },
    },
    since: {
      type: 'string',
      short: 's',
      value: 'TIME',
      help: { en: 'not older than 15m, 2h, 7d, or a date and time', zh: '不早于 15m、2h、7d 或某个日期时间' },
    },
    limit: {
      type: 'string',
      short: 'n',
      value: 'N',
      help: {
        en: 'at most so many (default 50; 10000 with --since)',
        zh: '最多条数（默认 50；带 --since 时 10000）',
      },
    },
    ...socketOption,
    ...stateOption,
    ...commonOptions,
  },
  examples: [
    { line: 'events -f -k process.exec', text: { en: 'every program that starts', zh: '所有启动的程序' } },
    {
      line: `events -s 1h -w 'actor.process.user.name == "www-data"'`,
      text: { en: 'what the web server’s user did in the last hour', zh: 'Web 服务器用户最近一小时的行为' },
    },
  ],
  run,
};
