/** `redoubt drill`: prove that each detection fires. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LogsAnswer, Summary } from '@redoubt/agent/contract';
import { drillLogFolder } from '@redoubt/agent/drill-logs';
import { type Drill, type DrillNeed, drillProgram, drills, drillsNamed } from '@redoubt/prove';
import { requireAgent } from '../agent/client.ts';
import { type Command, flag, type Invocation } from '../command.ts';
import { FindingsFeed } from '../drill/findings-feed.ts';
import { type DrillReport, runDrill } from '../drill/run.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, numberOption, socketOption } from '../options.ts';
import type { Output } from '../output/output.ts';
import { safe } from '../output/safe.ts';
import { pad, width } from '../output/width.ts';

const verdicts = {
  found: { en: 'found', zh: '已发现' },
  missed: { en: 'MISSED', zh: '漏检' },
  skipped: { en: 'skipped', zh: '跳过' },
  failed: { en: 'FAILED', zh: '失败' },
} as const;

const verdictStyles = { found: 'green', missed: 'red', skipped: 'dim', failed: 'red' } as const;

function listDrills(invocation: Invocation): number {
  const { output, options } = invocation;
  if (flag(options, 'json')) {
    output.json(drills.map(({ step: _, ...data }) => data));
    return ExitCode.ok;
  }
  const widest = Math.max(...drills.map(drill => drill.name.length));
  for (const drill of drills) {
    const name = output.style('bold', pad(drill.name, widest));
    output.print(`${name}  ${drill.technique.uid.padEnd(9)}  ${output.say(drill.title)}`);
    output.print(`${' '.repeat(widest)}  ${output.style('dim', output.say(drill.what))}`);
  }
  return ExitCode.ok;
}

function chosenDrills({ options, arguments: names }: Invocation): readonly Drill[] {
  if (flag(options, 'all')) return drills;
  try {
    return drillsNamed(names);
  } catch (error) {
    const name = names.find(one => !drills.some(drill => drill.name === one)) ?? '';
    throw new CommandError(
      ExitCode.usage,
      {
        en: `There is no drill "${name}"; see: redoubt drill --list`,
        zh: `没有名为“${name}”的演练；请查看：redoubt drill --list`,
      },
      { cause: error },
    );
  }
}

function reportLine(report: DrillReport, widest: number, output: Output): string {
  const verdict = output.style(verdictStyles[report.verdict], output.say(verdicts[report.verdict]));
  const name = pad(report.drill, widest);
  if (report.verdict === 'found') {
    const repeated =
      report.match === 'repeat'
        ? output.say({ en: ' (counted onto an earlier one)', zh: '（计入较早的告警）' })
        : '';
    return `${verdict}  ${name}  ${String(report.seen_after_ms).padStart(6)} ms  ${safe(report.rule ?? '')}  ${safe(report.finding_uid ?? '')}${repeated}`;
  }
  const expected = output.say({
    en: `expected ${report.expected_rules.join(' or ')}`,
    zh: `期望 ${report.expected_rules.join(' 或 ')}`,
  });
  const why = report.reason ? safe(output.say(report.reason)) : expected;
  const also = report.also && report.also.length > 0 ? `; ${safe(report.also.join(', '))}` : '';
  return `${verdict}  ${name}  ${why}${also}`;
}

async function run(invocation: Invocation): Promise<number> {
  const { options, output, arguments: names } = invocation;
  if (flag(options, 'list') || (names.length === 0 && !flag(options, 'all'))) return listDrills(invocation);
  const chosen = chosenDrills(invocation);
  const patience = numberOption(options, 'timeout', { min: 1, max: 600, otherwise: 15 }) * 1000;
  const agent = requireAgent(invocation);
  const summary = await agent.get<Summary>('/api/summary');
  const program = await drillProgram().catch((error: unknown) => {
    const words = error instanceof Error ? error.message : String(error);
    throw new CommandError(ExitCode.unavailable, {
      en: `The drills need make and a C compiler: ${words}`,
      zh: `演练需要 make 和 C 编译器：${words}`,
    });
  });
  const have = new Set<DrillNeed>();
  if (process.geteuid?.() === 0) have.add('root');
  if (summary.agent.mode === 'kernel') have.add('kernel-sensor');
  // The agent's settings of logs stand in its state folder.
  const logs = drillLogFolder(dirname((await agent.get<LogsAnswer>('/api/logs')).config));
  if (existsSync(logs)) have.add('log-drills');

  const feed = await FindingsFeed.open(agent);
  const reports: DrillReport[] = [];
  const widest = Math.max(...chosen.map(drill => width(drill.name)));
  try {
    for (const drill of chosen) {
      const report = await runDrill(drill, { feed, program, have, logs, patience });
      reports.push(report);
      if (!flag(options, 'json')) output.print(reportLine(report, widest, output));
    }
  } finally {
    feed.close();
  }
  const count = (verdict: DrillReport['verdict']) => reports.filter(one => one.verdict === verdict).length;
  const [found, missed, skipped, failed] = [
    count('found'),
    count('missed'),
    count('skipped'),
    count('failed'),
  ];
  if (flag(options, 'json')) output.json({ found, missed, skipped, failed, drills: reports });
  else {
    output.print(
      output.say({
        en: `${found} found, ${missed} missed, ${skipped} skipped, ${failed} failed`,
        zh: `已发现 ${found}，漏检 ${missed}，跳过 ${skipped}，失败 ${failed}`,
      }),
    );
  }
  return missed + failed > 0 ? ExitCode.failed : ExitCode.ok;
}

export const drillCommand: Command = {
  name: 'drill',
  summary: { en: 'harmless drills that prove each detection fires', zh: '无害演练，证明每项检测都有效' },
  usage: ['drill --list [--json]', 'drill --all [--timeout SECONDS] [--json]', 'drill NAME… [--json]'],
  details: {
    en: 'Each drill makes one observable step of an attack technique and nothing else, then waits for the agent’s\nfinding. Nothing is left behind, even if the command is killed. Exits with 1 if a finding was missed.',
    zh: '每个演练只做出攻击技术的一个可观察步骤，然后等待代理的告警。即使命令被终止也不会留下任何东西。\n有漏检时以 1 退出。',
  },
  options: {
    all: { type: 'boolean', short: 'a', help: { en: 'run all drills', zh: '运行全部演练' } },
    list: {
      type: 'boolean',
      short: 'l',
      help: { en: 'tell what there is and what each does', zh: '列出全部演练及其内容' },
    },
    timeout: {
      type: 'string',
      value: 'SECONDS',
      help: { en: 'how long to wait for each finding (default 15)', zh: '等待每条告警的时间（秒，默认 15）' },
    },
    ...socketOption,
    ...commonOptions,
  },
  examples: [
    { line: 'drill --all', text: { en: 'prove everything', zh: '验证全部检测' } },
    { line: 'drill fileless-exec', text: { en: 'one drill', zh: '单个演练' } },
  ],
  run,
};
