/** `redoubt on-access`: files are scanned as they are written and run. Audit and enforce go through `redoubt protect`. */
import type { OnAccessSettings } from '@redoubt/act/on-access';
import type { OnAccessAnswer } from '@redoubt/agent/on-access';
import type { ProtectionItem, StepBody } from '@redoubt/agent/protections';
import { requireAgent } from '../agent/client.ts';
import { type Command, flag, type Invocation } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, socketOption } from '../options.ts';
import type { Output } from '../output/output.ts';
import { safe } from '../output/safe.ts';
import { operatorName, pathOf, previewOf, protectionOf } from '../protect/ask.ts';

const protection = 'on-access';

function usageError(): CommandError {
  return new CommandError(ExitCode.usage, {
    en: 'Say `on-access [status]`, `on-access start` or `on-access stop`; see: redoubt help on-access',
    zh: '用法：`on-access [status]`、`on-access start` 或 `on-access stop`；请查看：redoubt help on-access',
  });
}

async function status(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const agent = requireAgent(invocation);
  const { policy } = await protectionOf(agent, protection);
  const settings = policy.settings as OnAccessSettings;
  const answer = await agent.get<OnAccessAnswer>('/api/on-access');
  if (flag(options, 'json')) output.json({ settings, ...answer });
  else output.print(...statusLines(answer, output));
  return ExitCode.ok;
}

function statusLines(answer: OnAccessAnswer, output: Output): string[] {
  const { rung, covered, uncovered, written, execs, found, failed, rescans, scanners } = answer;
  const say = (en: string, zh: string): string => output.say({ en, zh });
  if (written === undefined && rung === 'observe')
    return [
      say(
        'Off: nothing is scanned on access. Scan written files: redoubt on-access start. Gate programs as well: redoubt protect set on-access audit',
        '未启用：访问时不扫描。扫描写入的文件：redoubt on-access start；同时检查程序运行：redoubt protect set on-access audit',
      ),
    ];
  const lines = [
    say(
      `At ${rung}; looks at: ${covered.map(safe).join(', ')}`,
      `阶段 ${rung}；覆盖：${covered.map(safe).join('、')}`,
    ),
  ];
  if (uncovered.length > 0)
    lines.push(
      say(`Not covered: ${uncovered.map(safe).join(', ')}`, `未覆盖：${uncovered.map(safe).join('、')}`),
    );
  if (written !== undefined) {
    const { told, scanned, joined, overflowed, missed, waiting } = written;
    lines.push(
      say(
        `Written: ${told} told, ${scanned} scanned, ${joined} written again before that, ${waiting} waiting; too many at once ${overflowed}, missed ${missed}, re-scans ${rescans}`,
        `写入：通知 ${told}，已扫描 ${scanned}，扫描前再次写入 ${joined}，等待 ${waiting}；并发过多 ${overflowed}，遗漏 ${missed}，补扫 ${rescans} 次`,
      ),
    );
  }
  if (rung !== 'observe')
    lines.push(
      say(
        `Run: ${execs.judged} asked about, ${execs.known} known, ${execs.denied} denied, ${execs.late} let through without a verdict in time`,
        `运行：询问 ${execs.judged}，已知 ${execs.known}，拒绝 ${execs.denied}，超时放行 ${execs.late}`,
      ),
    );
  lines.push(
    say(
      `Findings: ${found}; could not be judged: ${failed}; scanning processes: ${scanners.running} running, ${scanners.starts} started, ${scanners.lost} lost`,
      `发现：${found}；无法判断：${failed}；扫描进程：运行 ${scanners.running}，启动 ${scanners.starts}，异常 ${scanners.lost}`,
    ),
  );
  return lines;
}

/** Written files are scanned, or not, at `observe`: nothing is gated, so that no question needs to be asked. */
async function watch(invocation: Invocation, written: OnAccessSettings['written']): Promise<number> {
  const { options, output, environment } = invocation;
  const agent = requireAgent(invocation);
  const { policy } = await protectionOf(agent, protection);
  const settings = { ...(policy.settings as OnAccessSettings), written };
  const { rung } = written === 'always' ? policy : { rung: 'observe' as const };
  const preview = await previewOf(agent, protection, { rung, settings }, output);
  const body: StepBody = { rung, settings, preview: preview.id, operator: operatorName(environment) };
  const item = await agent.post<ProtectionItem>(pathOf(protection, '/step'), body);
  if (flag(options, 'json')) output.json(item);
  else
    output.print(
      written === 'always'
        ? output.say({
            en: 'Written files are scanned from now on; see: redoubt on-access. Gate programs as well: redoubt protect set on-access audit',
            zh: '现已开始扫描写入的文件；查看：redoubt on-access。同时检查程序运行：redoubt protect set on-access audit',
          })
        : output.say({ en: 'Nothing is scanned on access any more.', zh: '访问时扫描已停止。' }),
    );
  return ExitCode.ok;
}

async function run(invocation: Invocation): Promise<number> {
  const [action = 'status', ...words] = invocation.arguments;
  if (words.length > 0) throw usageError();
  if (action === 'status') return status(invocation);
  if (action === 'start') return watch(invocation, 'always');
  if (action === 'stop') return watch(invocation, 'from-audit');
  throw usageError();
}

export const onAccessCommand: Command = {
  name: 'on-access',
  summary: {
    en: 'scanning on access: files as they are written and run',
    zh: '访问时扫描：文件写入与运行时',
  },
  usage: ['on-access [status] [--json]', 'on-access start [--json]', 'on-access stop [--json]'],
  details: {
    en: 'start has written files scanned, and gates nothing. What is malicious is kept from running at:\n  redoubt protect set on-access audit|enforce [--settings FILE]',
    zh: 'start 开始扫描写入的文件，不设关卡。阻止恶意文件运行：\n  redoubt protect set on-access audit|enforce [--settings FILE]',
  },
  options: { ...socketOption, ...commonOptions },
  examples: [
    { line: 'on-access', text: { en: 'what it covers and has done', zh: '覆盖范围与统计' } },
    { line: 'on-access start', text: { en: 'scan files as they are written', zh: '开始扫描写入的文件' } },
    {
      line: 'protect set on-access enforce --settings on-access.yml',
      text: { en: 'deny malicious programs', zh: '拒绝运行恶意程序' },
    },
  ],
  run,
};
