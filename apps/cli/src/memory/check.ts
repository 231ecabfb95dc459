/** `redoubt memory check`. */
import type { GoldenText, ProcessCheck } from '@redoubt/baseline/memory';
import { deliverFindings } from '../agent/deliver.ts';
import { flag, type Invocation, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import type { Output } from '../output/output.ts';
import { Progress } from '../output/progress.ts';
import { safe } from '../output/safe.ts';
import { table } from '../output/table.ts';
import { bytes, severityName } from '../output/values.ts';
import { rulesMatcher } from './rules.ts';

const memory = () => import('@redoubt/baseline/memory');

async function goldenOf(invocation: Invocation): Promise<GoldenText | undefined> {
  const path = textOption(invocation.options, 'golden');
  if (path === undefined) return undefined;
  const { GoldenError, parseGolden } = await memory();
  const { readSigned } = await import('../baseline/golden-file.ts');
  const bytes = await readSigned(invocation, path);
  try {
    return parseGolden(bytes.toString('utf8'));
  } catch (error) {
    if (!(error instanceof GoldenError)) throw error;
    throw new CommandError(ExitCode.usage, {
      en: `${path}: ${error.message}`,
      zh: `${path}：不是黄金镜像（${error.message}）`,
    });
  }
}

/** Checks processes and shows what was found. */
export async function checkMemory(invocation: Invocation, pids: readonly number[]): Promise<number> {
  const { options, output } = invocation;
  const { MemoryChecker, memoryFinding } = await memory();
  const golden = await goldenOf(invocation);
  const match = await rulesMatcher(invocation);
  const progress = new Progress(output);
  const begun = performance.now();
  const checker = new MemoryChecker({
    ...(golden && { golden }),
    ...(match && { match }),
    onProgress: (done, total) => progress.show(done / total, `${done}/${total}`),
  });
  const checks: ProcessCheck[] = [];
  try {
    for await (const check of checker.checkAll(pids.length > 0 ? pids : undefined)) checks.push(check);
  } finally {
    progress.end();
    checker.close();
  }
  const missing = pids.filter(pid => !checks.some(check => check.pid === pid));
  if (missing.length > 0 || checks.length === 0) {
    throw new CommandError(ExitCode.unavailable, {
      en: `Process ${missing.join(', ')} cannot be read: it has ended, is a kernel thread, or root is needed`,
      zh: `无法读取进程 ${missing.join('、')}：已结束、为内核线程，或需要 root`,
    });
  }
  const findings = checks.flatMap(check => check.observations.map(one => memoryFinding(check, one)));
  await deliverFindings(findings, invocation);
  const found = checks.some(check => check.observations.length > 0);
  if (flag(options, 'json')) output.json(await asJson(checks, performance.now() - begun));
  else await show(checks, output, flag(options, 'all') || pids.length > 0, performance.now() - begun);
  return found ? ExitCode.failed : ExitCode.ok;
}

async function asJson(checks: readonly ProcessCheck[], duration: number): Promise<unknown> {
  const { describeObservation } = await memory();
  return {
    duration_ms: Math.round(duration),
    processes: checks.map(({ observations, ...check }) => ({
      ...check,
      observations: observations.map(one => ({
        ...one,
        ...describeObservation({ ...check, observations }, one),
      })),
    })),
  };
}

async function show(
  checks: readonly ProcessCheck[],
  output: Output,
  all: boolean,
  duration: number,
): Promise<void> {
  const { describeObservation } = await memory();
  const bad = checks.filter(check => check.observations.length > 0);
  for (const check of bad) {
    output.print(output.style('bold', safe(`${check.name} (${check.pid})  ${check.program}`)));
    for (const one of check.observations) {
      const { title, reason } = describeObservation(check, one);
      output.print(
        `  ${severityName(one.severity, output)}  ${safe(output.say(title))}`,
        `    ${safe(output.say(reason))}`,
      );
    }
  }
  if (all) {
    const headings = output.say({
      en: 'PID|NAME|MODULES|RUNTIME CODE|UNSEEN|FOUND|PROGRAM',
      zh: '进程号|名称|模块|运行时代码|未见|发现|程序',
    });
    const columns = headings
      .split('|')
      .map((heading, index) => (index === 6 ? { heading, elastic: true as const } : { heading }));
    const rows = checks.map(check => [
      String(check.pid),
      safe(check.name),
      String(check.modules),
      Object.entries(check.recognised)
        .map(([name, size]) => `${name} ${bytes(size)}`)
        .join(', '),
      String(check.unseen.files + check.unseen.threads),
      String(check.observations.length),
      safe(check.program),
    ]);
    output.print(...table(columns, rows, output.columns));
  }
  const unopened = checks.reduce((sum, check) => sum + check.unseen.files, 0);
  output.print(
    output.say({
      en: `${checks.length} processes in ${(duration / 1000).toFixed(1)} s: ${bad.length} with something to look at${unopened > 0 ? `; ${unopened} mapped files could not be opened` : ''}`,
      zh: `${(duration / 1000).toFixed(1)} 秒内检查 ${checks.length} 个进程：${bad.length} 个值得关注${unopened > 0 ? `；${unopened} 个映射文件无法打开` : ''}`,
    }),
  );
}
