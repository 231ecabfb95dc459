/** `redoubt evidence collect`. */
import { statSync } from 'node:fs';
import { setPriority, userInfo } from 'node:os';
import { dirname, resolve } from 'node:path';
import { version } from '@redoubt/agent/options';
import { ed25519PrivateKey } from '@redoubt/baseline';
import {
  collectEvidence,
  type EvidencePlan,
  NotHere,
  type StepResult,
  stepsOf,
} from '@redoubt/prove/evidence';
import { flag, type Invocation, textOption, textOptions } from '../command.ts';
import { ExitCode } from '../exit.ts';
import { sizeOption } from '../options.ts';
import { Progress } from '../output/progress.ts';
import { safe } from '../output/safe.ts';
import { table } from '../output/table.ts';
import { bytes } from '../output/values.ts';
import { explained, required } from './failures.ts';
import { planOf } from './plan.ts';
import { statusName } from './text.ts';

/** Options that say what is collected; a collection is gone on with only when they are the same. */
const asking = ['memory', 'ram', 'since', 'incident', 'logs', 'file', 'image', 'skip', 'file-limit'] as const;

/** Collects; the same command goes on after a kill. Exits with 1 when a step failed or did not fit. */
export async function collect(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const place = resolve(
    required(invocation, 'output', 'Say where to: --output FILE', '请用 --output 指定文件'),
  );
  return explained(async () => {
    const plan = planOf(invocation);
    warn(invocation, place);
    if (flag(options, 'dry-run')) return dryRun(invocation, plan);
    const why = required(
      invocation,
      'why',
      'Say why, for those who read the chain of custody: --why "TEXT"',
      '请说明原因，供查阅监管链的人了解：--why "文字"',
    );
    const keyFile = textOption(options, 'key');
    const limit = sizeOption(options, 'limit');
    const reserve = sizeOption(options, 'reserve');
    const name = textOption(options, 'case');
    // The server's own work comes first.
    setPriority(10);
    const aborter = new AbortController();
    const stop = () => aborter.abort(new Error('interrupted'));
    process.once('SIGINT', stop).once('SIGTERM', stop);
    const progress = new Progress(output);
    const told = { step: '', index: 0, count: 1, bytes: 0 };
    try {
      const report = await collectEvidence({
        output: place,
        plan,
        request: JSON.stringify(asking.map(one => options[one] ?? null)),
        why,
        who: textOption(options, 'who') ?? invocation.environment['SUDO_USER'] ?? userInfo().username,
        ...(name !== undefined && { case: name }),
        redoubt: version,
        recipients: textOptions(options, 'recipient'),
        ...(keyFile !== undefined && { key: await ed25519PrivateKey(keyFile) }),
        ...(limit !== undefined && { limit }),
        ...(reserve !== undefined && { reserve }),
        bytesPerSecond: sizeOption(options, 'rate') ?? 0,
        restart: flag(options, 'restart'),
        signal: aborter.signal,
        onStep: ({ title }, index, count) => Object.assign(told, { step: output.say(title), index, count }),
        onBytes: more => {
          told.bytes += more;
          progress.show(told.index / told.count, `${safe(told.step)}  ${bytes(told.bytes)}`);
        },
        onResume: finished =>
          output.remark({
            en: `Going on with an unfinished collection: ${finished} steps are there already`,
            zh: `继续未完成的收集：已有 ${finished} 步`,
          }),
        onResult: result => {
          progress.end();
          if (!flag(options, 'json')) output.print(resultLine(result, invocation));
        },
      });
      if (flag(options, 'json')) output.json(report);
      else
        output.print(
          '',
          output.say({
            en: `${safe(report.output)}  ${bytes(report.bytes)}, sealed. Write down, and keep apart from this host:`,
            zh: `${safe(report.output)}  ${bytes(report.bytes)}，已封存。请记下以下内容并保存在本机之外：`,
          }),
          `  ${output.say({ en: 'manifest SHA-256', zh: '清单 SHA-256' })}  ${report.manifest_sha256}`,
          `  ${output.say({ en: 'signing key', zh: '签名密钥' })}  ${report.key}`,
        );
      const isWhole = report.steps.every(({ status }) => status !== 'failed' && status !== 'no-room');
      return isWhole ? ExitCode.ok : ExitCode.failed;
    } catch (error) {
      progress.end();
      if (!aborter.signal.aborted) throw error;
      output.remark({
        en: `Interrupted. What is finished is kept; the same command goes on with ${safe(place)}`,
        zh: `已中断。已完成的部分已保留；再次执行同一命令即可继续 ${safe(place)}`,
      });
      return ExitCode.unavailable;
    } finally {
      process.off('SIGINT', stop).off('SIGTERM', stop);
    }
  });
}

function warn({ output }: Invocation, place: string): void {
  if (process.geteuid?.() !== 0)
    output.remark({
      en: 'Without root, memory, other users’ processes and most logs cannot be read.',
      zh: '没有 root 权限，无法读取内存、其他用户的进程和大部分日志。',
    });
  const folder = statSync(dirname(place), { throwIfNoEntry: false });
  if (folder !== undefined && folder.dev === statSync('/').dev)
    output.remark({
      en: `${safe(dirname(place))} is on the file system under investigation: writing there overwrites deleted data. Another mount is better.`,
      zh: `${safe(dirname(place))} 位于被调查的文件系统上：写入会覆盖已删除的数据，最好使用其他挂载点。`,
    });
}

function resultLine(
  { title, status, members, content_bytes, segment, notes }: StepResult,
  { output }: Invocation,
) {
  const colour = status === 'done' ? 'green' : status === 'absent' || status === 'skipped' ? 'gray' : 'red';
  const size =
    segment === undefined || members === 0
      ? ''
      : `  ${members}, ${bytes(content_bytes)} → ${bytes(segment.bytes)}`;
  const note =
    notes[0] === undefined
      ? ''
      : `  (${safe(output.say(notes[0]))}${notes.length > 1 ? ` … +${notes.length - 1}` : ''})`;
  return `${output.style(colour, output.say(statusName(status)))}  ${safe(output.say(title))}${size}${note}`;
}

/** What would be collected, and how much of it. */
async function dryRun({ options, output }: Invocation, plan: EvidencePlan): Promise<number> {
  const rows: { id: string; title: string; members?: number; bytes?: number; note?: string }[] = [];
  for (const step of stepsOf(plan)) {
    if (plan.skip.includes(step.id)) continue;
    const { id } = step;
    const title = output.say(step.title);
    output.status(title);
    try {
      const { members, bytes: size, note } = await step.estimate(plan);
      rows.push({
        id,
        title,
        ...(members !== undefined && { members }),
        ...(size !== undefined && { bytes: size }),
        ...(note && { note: output.say(note) }),
      });
    } catch (error) {
      if (!(error instanceof NotHere)) throw error;
      rows.push({ id, title, members: 0, note: output.say(error.text) });
    }
  }
  output.status('');
  if (flag(options, 'json')) {
    output.json(rows);
    return ExitCode.ok;
  }
  const headings = output.say({ en: 'STEP|MEMBERS|SIZE|WHAT', zh: '步骤|成员|大小|内容' }).split('|');
  output.print(
    ...table(
      headings.map((heading, at) => ({ heading, ...(at === 3 && { elastic: true as const }) })),
      rows.map(row => [
        row.id,
        row.members === undefined ? '?' : String(row.members),
        row.bytes === undefined ? '?' : bytes(row.bytes),
        safe(row.note === undefined ? row.title : `${row.title}: ${row.note}`),
      ]),
      output.columns,
    ),
    output.say({ en: 'Nothing was written.', zh: '未写入任何内容。' }),
  );
  return ExitCode.ok;
}
