/** `redoubt findings`: list, show, resolve. */
import type { FindingsPage, FindingTree } from '@redoubt/agent/contract';
import type { Finding } from '@redoubt/model';
import { type AgentClient, findAgent, requireAgent } from '../agent/client.ts';
import { type Command, flag, type Invocation, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, numberOption, socketOption, stateOption } from '../options.ts';
import { findingLines } from '../output/finding-text.ts';
import type { Output } from '../output/output.ts';
import { safe } from '../output/safe.ts';
import { table } from '../output/table.ts';
import { dateTime, severityName, statusName } from '../output/values.ts';

/** The record is loaded only when it is read, so that the common case starts fast. */
const recorded = () => import('../recorder/findings.ts');

const pageSize = 500;
const isOpen = (finding: Finding) => finding.status_id <= 2;

async function agentFindings(agent: AgentClient, limit: number, all: boolean): Promise<Finding[]> {
  const found: Finding[] = [];
  let before: string | undefined;
  do {
    const { items, next } = await agent.get<FindingsPage>('/api/findings', {
      limit: Math.min(pageSize, limit - found.length),
      status: all ? undefined : '1,2',
      before,
    });
    found.push(...items);
    before = next;
  } while (before !== undefined && found.length < limit);
  return found;
}

function printTable(findings: readonly Finding[], output: Output): void {
  if (findings.length === 0) {
    output.print(output.say({ en: 'No findings.', zh: '没有告警。' }));
    return;
  }
  const headings = output.say({
    en: 'LAST SEEN|SEVERITY|COUNT|STATUS|UID|TITLE',
    zh: '最近发生|级别|次数|状态|编号|标题',
  });
  const columns = headings
    .split('|')
    .map((heading, index) => (index === 5 ? { heading, elastic: true as const } : { heading }));
  const rows = findings.map(finding => [
    dateTime(finding.finding_info.last_seen_time),
    severityName(finding.severity_id, output),
    String(finding.count),
    statusName(finding.status_id, output),
    safe(finding.finding_info.uid),
    safe(output.say(finding.redoubt.title)),
  ]);
  output.print(...table(columns, rows, output.columns));
}

async function list(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const limit = numberOption(options, 'limit', { min: 1, max: 100_000, otherwise: 100 });
  const all = flag(options, 'all');
  const agent = findAgent(invocation);
  const findings = agent
    ? await agentFindings(agent, limit, all)
    : (await (await recorded()).recordedFindings(invocation, limit)).filter(
        finding => all || isOpen(finding),
      );
  if (flag(options, 'json')) output.json(findings);
  else printTable(findings, output);
  return flag(options, 'exit-code') && findings.some(isOpen) ? ExitCode.failed : ExitCode.ok;
}

function findingPath(uid: string): string {
  return `/api/findings/${encodeURIComponent(uid)}`;
}

async function show(invocation: Invocation, uid: string): Promise<number> {
  const { options, output } = invocation;
  const agent = findAgent(invocation);
  const finding = agent
    ? await agent.get<Finding>(findingPath(uid))
    : await (await recorded()).recordedFinding(invocation, uid);
  const tree = agent && (await agent.get<FindingTree>(`${findingPath(uid)}/tree`));
  if (flag(options, 'json')) output.json(tree ? { finding, tree } : { finding });
  else output.print(...findingLines(finding, tree, output));
  return ExitCode.ok;
}

async function resolve(invocation: Invocation, uid: string): Promise<number> {
  const { options, output } = invocation;
  const comment = textOption(options, 'comment');
  const finding = await requireAgent(invocation).post<Finding>(`${findingPath(uid)}/status`, {
    status_id: 4,
    ...(comment !== undefined && { comment }),
  });
  if (flag(options, 'json')) output.json(finding);
  else
    output.print(
      output.say({
        en: `Resolved: ${safe(finding.redoubt.title.en)}`,
        zh: `已解决：${safe(finding.redoubt.title.zh)}`,
      }),
    );
  return ExitCode.ok;
}

async function run(invocation: Invocation): Promise<number> {
  const [action, uid, ...more] = invocation.arguments;
  if (action === undefined) return list(invocation);
  const known = action === 'show' ? show : action === 'resolve' ? resolve : undefined;
  if (!known || uid === undefined || more.length > 0) {
    throw new CommandError(ExitCode.usage, {
      en: 'Say `findings`, `findings show UID` or `findings resolve UID`',
      zh: '用法：`findings`、`findings show 编号` 或 `findings resolve 编号`',
    });
  }
  return known(invocation, uid);
}

export const findingsCommand: Command = {
  name: 'findings',
  summary: { en: 'what was judged to be bad, and why', zh: '被判定为恶意的行为及其理由' },
  usage: [
    'findings [--all] [--limit N] [--exit-code] [--json]',
    'findings show UID [--json]',
    'findings resolve UID [--comment TEXT] [--json]',
  ],
  details: {
    en: 'Lists findings that are new or in progress, the latest first. Without an agent, the flight recorder of\nan agent that has ended is read.',
    zh: '列出新的和处理中的告警，最近的在前。没有代理运行时，读取已结束代理的飞行记录。',
  },
  options: {
    all: {
      type: 'boolean',
      short: 'a',
      help: { en: 'suppressed and resolved ones too', zh: '也包括已抑制和已解决的' },
    },
    limit: {
      type: 'string',
      short: 'n',
      value: 'N',
      help: { en: 'at most so many (default 100)', zh: '最多条数（默认 100）' },
    },
    'exit-code': {
      type: 'boolean',
      help: { en: 'exit with 1 if a listed finding is open', zh: '若列出的告警中有未解决的，则以 1 退出' },
    },
    comment: { type: 'string', value: 'TEXT', help: { en: 'why it is resolved', zh: '解决说明' } },
    ...socketOption,
    ...stateOption,
    ...commonOptions,
  },
  examples: [
    {
      line: 'findings show 6f1c2a',
      text: { en: 'reasons, evidence and process tree', zh: '理由、证据和进程树' },
    },
    {
      line: 'findings resolve 6f1c2a --comment "planned change"',
      text: { en: 'close a finding', zh: '关闭一条告警' },
    },
    { line: 'findings --exit-code', text: { en: 'for a monitoring script', zh: '用于监控脚本' } },
  ],
  run,
};
