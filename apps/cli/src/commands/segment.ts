/** `redoubt segment`: who talks to whom, zones, and a policy. The rungs are taken with `redoubt protect`. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import type { SegmentationPolicy } from '@redoubt/act/segmentation';
import type { FlowItem, FlowsAnswer, SegmentationAnswer } from '@redoubt/agent/segmentation';
import { requireAgent } from '../agent/client.ts';
import { type Command, flag, type Invocation, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, numberOption, socketOption, timeOption } from '../options.ts';
import { safe } from '../output/safe.ts';
import { table } from '../output/table.ts';
import { dateTime } from '../output/values.ts';
import { protectionOf } from '../protect/ask.ts';

const protection = 'segmentation';
const usualPeriod = 7 * 86_400_000;
const policySize = 4 * 1024 * 1024;

function wrong(en: string, zh: string): CommandError {
  return new CommandError(ExitCode.usage, { en, zh });
}

/** Flows of the period that the options name. */
async function askFlows(invocation: Invocation): Promise<FlowsAnswer> {
  const { options, output } = invocation;
  const now = Date.now();
  const from = timeOption(options, 'since', now) ?? now - usualPeriod;
  const to = timeOption(options, 'until', now);
  const record = flag(options, 'record') ? 'true' : undefined;
  output.status(output.say({ en: 'asking the agent for flows', zh: '正在向代理查询流量' }));
  try {
    const query = { from: Math.floor(from), ...(to !== undefined && { to: Math.floor(to) }), record };
    return await requireAgent(invocation).get<FlowsAnswer>('/api/segmentation/flows', query);
  } finally {
    output.status('');
  }
}

/** The policy of a file, or the one that stands on the ladder. */
async function policyFor(invocation: Invocation): Promise<SegmentationPolicy> {
  const file = textOption(invocation.options, 'policy');
  if (file !== undefined) return readPolicyFile(file);
  const item = await protectionOf(requireAgent(invocation), protection);
  return item.policy.settings as SegmentationPolicy;
}

async function readPolicyFile(path: string): Promise<SegmentationPolicy> {
  const [{ parsePolicyText }, { PolicyError }] = await Promise.all([
    import('@redoubt/act/segmentation-drafts'),
    import('@redoubt/act/segmentation'),
  ]);
  try {
    const found = statSync(path);
    if (!found.isFile() || found.size > policySize)
      throw wrong(`${path} is no regular file of at most 4 MiB`, `${path} 不是 4 MiB 以内的普通文件`);
    return parsePolicyText(readFileSync(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof PolicyError) throw new CommandError(ExitCode.usage, error.text);
    if (error instanceof CommandError) throw error;
    const words = error instanceof Error ? error.message : String(error);
    throw wrong(`${path} cannot be read: ${words}`, `无法读取 ${path}：${words}`);
  }
}

async function flows(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const limit = numberOption(options, 'limit', { min: 1, max: 1_000_000, otherwise: 200 });
  const answer = await askFlows(invocation);
  const shown = answer.flows.slice(0, limit);
  if (flag(options, 'json')) {
    output.json({ ...answer, flows: shown });
    return ExitCode.ok;
  }
  const columns = output
    .say({ en: 'WAY|FROM|TO|PORT|COUNT|LAST|USER|PROGRAM', zh: '方向|来源|目的|端口|次数|最近|用户|程序' })
    .split('|')
    .map((heading, at) => (at === 7 ? { heading, elastic: true as const } : { heading }));
  if (shown.length === 0) output.print(output.say({ en: 'No flows were seen.', zh: '未见任何流量。' }));
  else output.print(...table(columns, shown.map(rowOf), output.columns));
  const more = answer.flows.length - shown.length;
  if (more > 0) output.remark({ en: `${more} more; see --limit`, zh: `另有 ${more} 条；见 --limit` });
  if (answer.unkept > 0)
    output.remark({
      en: `${answer.unkept} connections were not kept`,
      zh: `${answer.unkept} 个连接未保留`,
    });
  return ExitCode.ok;
}

function rowOf({
  direction,
  source,
  destination,
  protocol,
  port,
  count,
  last,
  user,
  userName,
  program,
}: FlowItem): string[] {
  const cells = [
    direction,
    source || '-',
    destination,
    `${protocol}/${port}`,
    String(count),
    dateTime(last),
    userName || user || '-',
    program || '-',
  ];
  return cells.map(safe);
}

async function propose(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const [{ proposePolicy }, answer, known] = await Promise.all([
    import('@redoubt/act/segmentation-drafts'),
    askFlows(invocation),
    policyFor(invocation),
  ]);
  const { policy, yaml } = proposePolicy(answer.flows, known);
  const file = textOption(options, 'out');
  if (file !== undefined) writeFileSync(file, yaml, { mode: 0o600 });
  if (flag(options, 'json')) output.json(policy);
  else if (file === undefined) output.print(...yaml.trimEnd().split('\n').map(safe));
  else
    output.print(
      output.say({
        en: `${policy.rules.length} rules. Read ${safe(file)}, then: redoubt protect preview segmentation audit --settings ${safe(file)} --since 7d`,
        zh: `${policy.rules.length} 条规则。请检查 ${safe(file)}，然后：redoubt protect preview segmentation audit --settings ${safe(file)} --since 7d`,
      }),
    );
  return ExitCode.ok;
}

async function check(invocation: Invocation, file: string): Promise<number> {
  const { options, output } = invocation;
  const policy = await readPolicyFile(file);
  const { compilePolicy } = await import('@redoubt/act/segmentation');
  const { script, limits } = compilePolicy(policy, 'enforce');
  if (flag(options, 'json')) output.json({ policy, limits, ...(flag(options, 'nft') && { script }) });
  else if (flag(options, 'nft')) output.write(script);
  else
    output.print(
      output.say({
        en: `${safe(file)} is good: ${Object.keys(policy.zones).length} zones, ${policy.rules.length} rules`,
        zh: `${safe(file)} 无误：${Object.keys(policy.zones).length} 个区域，${policy.rules.length} 条规则`,
      }),
      ...limits.map(text => `· ${safe(output.say(text))}`),
    );
  return ExitCode.ok;
}

async function map(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const format = flag(options, 'json') ? 'json' : (textOption(options, 'format') ?? 'mermaid');
  if (!['json', 'dot', 'svg', 'mermaid'].includes(format))
    throw wrong('--format is json, dot, svg or mermaid', '--format 为 json、dot、svg 或 mermaid');
  const [drafts, { SegmentJudge }, answer, policy] = await Promise.all([
    import('@redoubt/act/segmentation-drafts'),
    import('@redoubt/act/segmentation'),
    askFlows(invocation),
    policyFor(invocation),
  ]);
  const isDrawn = Object.keys(policy.zones).length > 0;
  // Without zones everything is "outside": then the zones that would be proposed say more.
  const drawn = isDrawn ? policy : drafts.proposePolicy(answer.flows).policy;
  const found = drafts.mapOf(answer.flows, new SegmentJudge(drawn));
  const text = {
    json: () => `${JSON.stringify(found, null, 2)}\n`,
    dot: () => drafts.dotOf(found),
    svg: () => drafts.svgOf(found),
    mermaid: () => drafts.mermaidOf(found),
  }[format as 'json' | 'dot' | 'svg' | 'mermaid']();
  const file = textOption(options, 'out');
  if (file === undefined) output.write(text);
  else writeFileSync(file, text, { mode: 0o600 });
  return ExitCode.ok;
}

async function status(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const state = await requireAgent(invocation).get<SegmentationAnswer>('/api/segmentation');
  if (flag(options, 'json')) {
    output.json(state);
    return ExitCode.ok;
  }
  const { rung, seen, unkept, outside, refusals, refused } = state;
  output.print(
    output.say({
      en: `Segmentation is at ${rung}: ${seen} connections seen since the start, ${unkept} not kept, ${outside} outside the policy`,
      zh: `微隔离处于 ${rung}：启动以来 ${seen} 个连接，${unkept} 个未保留，${outside} 个在策略之外`,
    }),
  );
  if (refusals !== undefined)
    output.print(
      output.say({
        en: `Packets outside the policy${rung === 'enforce' ? ', dropped' : ''}: ${refusals.input} in, ${refusals.output} out, ${refusals.forward} through`,
        zh: `策略之外的数据包${rung === 'enforce' ? '（已丢弃）' : ''}：入站 ${refusals.input}，出站 ${refusals.output}，转发 ${refusals.forward}`,
      }),
    );
  const columns = output
    .say({ en: 'CHAIN|ADDRESS|PORT|SECONDS AGO', zh: '链|地址|端口|秒前' })
    .split('|')
    .map(heading => ({ heading }));
  const rows = refused.map(({ chain, address, protocol, port, age }) => [
    chain,
    safe(address),
    `${safe(protocol)}/${port}`,
    String(age),
  ]);
  if (rows.length > 0) output.print(...table(columns, rows, output.columns));
  return ExitCode.ok;
}

async function run(invocation: Invocation): Promise<number> {
  const [action = 'status', file, ...more] = invocation.arguments;
  if (action === 'check' && file !== undefined && more.length === 0) return check(invocation, file);
  const actions = { flows, propose, map, status };
  if (file === undefined && Object.hasOwn(actions, action))
    return actions[action as keyof typeof actions](invocation);
  throw wrong(
    'Say `segment status|flows|propose|map` or `segment check FILE`; see: redoubt help segment',
    '用法：`segment status|flows|propose|map` 或 `segment check FILE`；请查看：redoubt help segment',
  );
}

const option = (value: string, en: string, zh: string) => ({
  type: 'string' as const,
  value,
  help: { en, zh },
});
const choice = (en: string, zh: string) => ({ type: 'boolean' as const, help: { en, zh } });

export const segmentCommand: Command = {
  name: 'segment',
  summary: { en: 'who talks to whom; zones and their policy', zh: '通信关系；分区及其策略' },
  usage: [
    'segment [status] [--json]',
    'segment flows [--since AGE] [--until TIME] [--record] [--limit N] [--json]',
    'segment propose [--since AGE] [--record] [--policy FILE] [--out FILE] [--json]',
    'segment check FILE [--nft] [--json]',
    'segment map [--since AGE] [--record] [--policy FILE] [--format json|dot|svg|mermaid] [--out FILE]',
  ],
  details: {
    en: 'A proposal keeps the zones that the policy in force (or --policy) has, and says of each rule how often, when and by whom.\nThe rungs are taken with: redoubt protect set segmentation observe|audit|enforce --settings FILE',
    zh: '建议会保留现行策略（或 --policy）中的区域，并为每条规则注明次数、时间和程序。\n阶段的切换使用：redoubt protect set segmentation observe|audit|enforce --settings FILE',
  },
  options: {
    since: option('AGE', 'how far back to look (default 7d)', '回溯多久（默认 7d）'),
    until: option('TIME', 'up to when', '截止时间'),
    record: choice(
      'from the record, exact to the moment; else from the inventory, by day',
      '取自记录，精确到时刻；默认取自按天统计的清单',
    ),
    limit: option('N', 'most flows to list (default 200)', '最多列出的条数（默认 200）'),
    policy: option('FILE', 'the policy of this file instead of the one in force', '使用此文件中的策略'),
    out: option('FILE', 'where to write', '写入的文件'),
    nft: choice('print the script for nft', '输出 nft 脚本'),
    format: option('NAME', 'json, dot, svg or mermaid (default)', 'json、dot、svg 或 mermaid（默认）'),
    ...socketOption,
    ...commonOptions,
  },
  examples: [
    {
      line: 'segment propose --since 7d --out zones.yml',
      text: { en: 'a policy from what was seen', zh: '由观察到的通信生成策略' },
    },
    {
      line: 'segment check zones.yml',
      text: { en: 'is it right? with line and key', zh: '检查策略，错误指明行和键' },
    },
    { line: 'segment map --format svg --out map.svg', text: { en: 'a picture', zh: '图形' } },
  ],
  run,
};
