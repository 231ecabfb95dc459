/** `redoubt incidents`: list, show, decide, suppress. */
import type { IncidentsPage, SuppressAnswer, SuppressionsAnswer } from '@redoubt/agent/contract';
import type { Incident, Suppression } from '@redoubt/model';
import { type AgentClient, findAgent, requireAgent } from '../agent/client.ts';
import { type Command, flag, type Invocation, textOption, textOptions } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, numberOption, socketOption, stateOption } from '../options.ts';
import {
  incidentLines,
  incidentStatuses,
  incidentStatusName,
  incidentTable,
  suppressionTable,
} from '../output/incident-text.ts';
import { safe } from '../output/safe.ts';

/** The record is loaded only when it is read, so that the common case starts fast. */
const recorded = () => import('../recorder/incidents.ts');

const pageSize = 200;
const openStatuses = [1, 2, 3];

function usageError(): CommandError {
  return new CommandError(ExitCode.usage, {
    en: 'Say `incidents`, or `incidents show|status|assign|comment|suppress UID …`; see: redoubt help incidents',
    zh: '用法：`incidents`，或 `incidents show|status|assign|comment|suppress 编号 …`；请查看：redoubt help incidents',
  });
}

/** Who decides: the person behind sudo, else the user. */
function author({ options, environment }: Invocation): string {
  return textOption(options, 'as') ?? environment['SUDO_USER'] ?? environment['USER'] ?? 'operator';
}

const incidentPath = (uid: string): string => `/api/incidents/${encodeURIComponent(uid)}`;

async function agentIncidents(
  agent: AgentClient,
  query: { limit: number; status: readonly number[] | undefined; minScore: number },
): Promise<Incident[]> {
  const found: Incident[] = [];
  let before: string | undefined;
  do {
    const { items, next } = await agent.get<IncidentsPage>('/api/incidents', {
      limit: Math.min(pageSize, query.limit - found.length),
      status: query.status?.join(','),
      score: query.minScore,
      before,
    });
    found.push(...items);
    before = next;
  } while (before !== undefined && found.length < query.limit);
  return found;
}

async function list(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const query = {
    limit: numberOption(options, 'limit', { min: 1, max: 100_000, otherwise: 100 }),
    status: flag(options, 'all') ? undefined : openStatuses,
    minScore: numberOption(options, 'min-score', { min: 0, max: 100, otherwise: 0 }),
  };
  const agent = findAgent(invocation);
  const incidents = agent
    ? await agentIncidents(agent, query)
    : (await recorded()).recordedIncidents(invocation, query);
  if (flag(options, 'json')) output.json(incidents);
  else output.print(...incidentTable(incidents, output));
  const isOpen = incidents.some(({ status_id }) => openStatuses.includes(status_id));
  return flag(options, 'exit-code') && isOpen ? ExitCode.failed : ExitCode.ok;
}

async function show(invocation: Invocation, uid: string): Promise<number> {
  const { options, output } = invocation;
  const agent = findAgent(invocation);
  const incident = agent
    ? await agent.get<Incident>(incidentPath(uid))
    : (await recorded()).recordedIncident(invocation, uid);
  if (flag(options, 'json')) output.json(incident);
  else output.print(...incidentLines(incident, output));
  return ExitCode.ok;
}

/** Sends a decision and says what came of it. */
async function decide(invocation: Invocation, uid: string, what: string, body: object): Promise<number> {
  const { options, output } = invocation;
  const answer = await requireAgent(invocation).post<Incident>(`${incidentPath(uid)}/${what}`, {
    ...body,
    author: author(invocation),
  });
  if (flag(options, 'json')) output.json(answer);
  else {
    const { status_id, assignee, redoubt } = answer;
    const status = incidentStatusName(status_id, output);
    const title = safe(output.say(redoubt.title));
    const owner = safe(assignee?.name ?? output.say({ en: 'no one', zh: '无' }));
    output.print(
      output.say({
        en: `${title}: ${status}, owner ${owner}, ${redoubt.comments.length} comments`,
        zh: `${title}：${status}，负责人 ${owner}，备注 ${redoubt.comments.length} 条`,
      }),
    );
  }
  return ExitCode.ok;
}

function status(
  invocation: Invocation,
  uid: string,
  [word = '', ...more]: readonly string[],
): Promise<number> {
  const wanted = incidentStatuses.find(({ id }) => id === word);
  if (wanted === undefined || more.length > 0) {
    const known = incidentStatuses.map(({ id }) => id).join(', ');
    throw new CommandError(ExitCode.usage, {
      en: `The status is one of ${known}, not "${word}"`,
      zh: `状态应为 ${known} 之一，而不是“${word}”`,
    });
  }
  const comment = textOption(invocation.options, 'comment');
  return decide(invocation, uid, 'status', {
    status_id: wanted.status,
    ...(comment !== undefined && { comment }),
  });
}

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** When a suppression ends, from `--for`; a week when it is not given. */
function endOf({ options }: Invocation): number {
  const text = textOption(options, 'for') ?? '7d';
  const [, amount, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (amount === undefined) {
    throw new CommandError(ExitCode.usage, {
      en: `--for must be a time such as 30m, 12h or 7d, not "${text}"`,
      zh: `--for 必须是 30m、12h、7d 这样的时长，而不是“${text}”`,
    });
  }
  return Date.now() + Number(amount) * (units[unit] ?? 0);
}

function conditions({ options }: Invocation): { field: string; value: string }[] {
  return textOptions(options, 'field').map(text => {
    const at = text.indexOf('=');
    if (at <= 0 || at === text.length - 1) {
      throw new CommandError(ExitCode.usage, {
        en: `--field must be NAME=VALUE, not "${text}"`,
        zh: `--field 必须写作 名称=值，而不是“${text}”`,
      });
    }
    return { field: text.slice(0, at), value: text.slice(at + 1) };
  });
}

async function suppress(invocation: Invocation, uid: string | undefined): Promise<number> {
  const { options, output } = invocation;
  const reason = textOption(options, 'reason');
  if (reason === undefined) {
    throw new CommandError(ExitCode.usage, {
      en: 'A suppression needs a reason: --reason TEXT',
      zh: '抑制必须写明原因：--reason 文字',
    });
  }
  const rule = textOption(options, 'rule');
  const fields = conditions(invocation);
  const body = {
    reason,
    expires_time: endOf(invocation),
    author: author(invocation),
    ...(rule !== undefined && { rule }),
    ...(fields.length > 0 && { conditions: fields }),
  };
  const agent = requireAgent(invocation);
  const made =
    uid === undefined
      ? [await agent.post<Suppression>('/api/suppressions', body)]
      : (await agent.post<SuppressAnswer>(`${incidentPath(uid)}/suppress`, body)).suppressions;
  if (flag(options, 'json')) output.json(made);
  else output.print(...suppressionTable(made, output));
  return ExitCode.ok;
}

async function suppressions(invocation: Invocation): Promise<number> {
  const { items } = await requireAgent(invocation).get<SuppressionsAnswer>('/api/suppressions');
  if (flag(invocation.options, 'json')) invocation.output.json(items);
  else invocation.output.print(...suppressionTable(items, invocation.output));
  return ExitCode.ok;
}

async function unsuppress(invocation: Invocation, uid: string): Promise<number> {
  const path = `/api/suppressions/${encodeURIComponent(uid)}`;
  const ended = await requireAgent(invocation).delete<Suppression>(path);
  if (flag(invocation.options, 'json')) invocation.output.json(ended);
  else invocation.output.print(invocation.output.say({ en: 'Ended.', zh: '已结束。' }));
  return ExitCode.ok;
}

async function run(invocation: Invocation): Promise<number> {
  const [action, uid, ...more] = invocation.arguments;
  if (action === undefined) return list(invocation);
  if (action === 'suppressions' && uid === undefined) return suppressions(invocation);
  if (action === 'suppress' && more.length === 0) return suppress(invocation, uid);
  if (uid === undefined) throw usageError();
  if (action === 'status') return status(invocation, uid, more);
  if (action === 'comment' && more.length > 0)
    return decide(invocation, uid, 'comment', { text: more.join(' ') });
  if (action === 'assign' && more.length <= 1)
    return decide(invocation, uid, 'owner', { owner: more[0] ?? '' });
  if (more.length > 0) throw usageError();
  if (action === 'show') return show(invocation, uid);
  if (action === 'unsuppress') return unsuppress(invocation, uid);
  throw usageError();
}

export const incidentsCommand: Command = {
  name: 'incidents',
  summary: {
    en: 'findings that belong together, told as one attack',
    zh: '把相关告警串成一次攻击的安全事件',
  },
  usage: [
    'incidents [--all] [--min-score N] [--limit N] [--exit-code] [--json]',
    'incidents show UID [--json]',
    'incidents status UID new|progress|hold|resolved|closed [--comment TEXT]',
    'incidents assign UID [OWNER]',
    'incidents comment UID TEXT',
    'incidents suppress [UID] --reason TEXT [--for TIME] [--rule ID] [--field NAME=VALUE …]',
    'incidents suppressions',
    'incidents unsuppress UID',
  ],
  details: {
    en: 'Lists incidents that are open, the latest first. Resolving or closing one resolves its findings.\n`suppress UID` closes an incident and keeps what made it quiet for a time: without --rule and --field each\nof its rules, on the hosts of its findings. What is suppressed is still recorded. A `*` in a value of\n--field stands for any text. Without an agent, the flight recorder of an agent that has ended is read.',
    zh: '列出未关闭的安全事件，最近的在前。解决或关闭一个事件，也会解决其中的告警。\n`suppress 编号` 会关闭事件，并在一段时间内抑制其来源：未指定 --rule 和 --field 时，\n按其各条规则和告警所在主机抑制。被抑制的告警仍会记录。--field 的值中，`*` 代表任意文字。\n没有代理运行时，读取已结束代理的飞行记录。',
  },
  options: {
    all: {
      type: 'boolean',
      short: 'a',
      help: { en: 'resolved and closed ones too', zh: '也包括已解决和已关闭的' },
    },
    'min-score': {
      type: 'string',
      value: 'N',
      help: { en: 'lowest score, 0 to 100', zh: '最低评分，0 到 100' },
    },
    limit: {
      type: 'string',
      short: 'n',
      value: 'N',
      help: { en: 'at most so many (default 100)', zh: '最多条数（默认 100）' },
    },
    'exit-code': {
      type: 'boolean',
      help: { en: 'exit with 1 if a listed incident is open', zh: '若列出的事件中有未关闭的，则以 1 退出' },
    },
    comment: { type: 'string', value: 'TEXT', help: { en: 'why the status changes', zh: '状态变更说明' } },
    reason: { type: 'string', value: 'TEXT', help: { en: 'why it is suppressed', zh: '抑制原因' } },
    for: {
      type: 'string',
      value: 'TIME',
      help: { en: 'how long: 30m, 12h, 7d (default 7d)', zh: '时长：30m、12h、7d（默认 7d）' },
    },
    rule: { type: 'string', value: 'ID', help: { en: 'suppress this rule', zh: '抑制此规则' } },
    field: {
      type: 'string',
      multiple: true,
      value: 'NAME=VALUE',
      help: { en: 'only findings with this value', zh: '仅抑制具有此值的告警' },
    },
    as: {
      type: 'string',
      value: 'NAME',
      help: { en: 'who decides (default: you)', zh: '处理人（默认：当前用户）' },
    },
    ...socketOption,
    ...stateOption,
    ...commonOptions,
  },
  examples: [
    {
      line: 'incidents show 6f1c2a',
      text: { en: 'story, affected assets, score', zh: '经过、受影响对象、评分依据' },
    },
    { line: 'incidents assign 6f1c2a wang', text: { en: 'give it to someone', zh: '指定负责人' } },
    {
      line: 'incidents suppress 6f1c2a --reason "nightly backup" --for 30d',
      text: { en: 'known and wanted, for a month', zh: '已知的正常行为，抑制一个月' },
    },
    {
      line: 'incidents suppress --rule mass-read --field evidences.process.file.path=/usr/local/bin/backup --reason backup',
      text: { en: 'by rule and value', zh: '按规则和字段值抑制' },
    },
  ],
  run,
};
