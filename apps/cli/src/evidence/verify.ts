/** `redoubt evidence verify` and `redoubt evidence decrypt`. */
import { readFileSync } from 'node:fs';
import { extractEvidence, identitiesIn, verifyEvidence } from '@redoubt/prove/evidence';
import { flag, type Invocation, textOption, textOptions } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { fileFailure } from '../output/new-file.ts';
import { Progress } from '../output/progress.ts';
import { safe } from '../output/safe.ts';
import { bytes, dateTime } from '../output/values.ts';
import { containerOf, explained, required } from './failures.ts';

/** The age identities of `--identity`. */
export function identitiesOf({ options }: Invocation): string[] {
  return textOptions(options, 'identity').flatMap(file => {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      throw fileFailure(file, error);
    }
    return identitiesIn(text, file);
  });
}

function digestOption({ options }: Invocation, name: string): string | undefined {
  const value = textOption(options, name)?.toLowerCase();
  if (value === undefined || /^[0-9a-f]{64}$/.test(value)) return value;
  throw new CommandError(ExitCode.usage, {
    en: `--${name} must be 64 hexadecimal digits`,
    zh: `--${name} 必须是 64 位十六进制数`,
  });
}

/** Verifies a container. Exits with 1 when something is not as it was sealed. */
export async function verify(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const file = containerOf(invocation);
  const manifest = digestOption(invocation, 'manifest');
  const key = digestOption(invocation, 'signed-by');
  return explained(async () => {
    const progress = new Progress(output);
    const report = await verifyEvidence(file, {
      ...(manifest !== undefined && { manifest }),
      ...(key !== undefined && { key }),
      deep: flag(options, 'deep'),
      identities: identitiesOf(invocation),
      onProgress: (done, total) => progress.show(done / total, bytes(done)),
    }).finally(() => progress.end());
    if (flag(options, 'json')) output.json(report);
    else {
      const told = report.manifest;
      output.print(
        ...report.faults.map(({ kind, text }) => `${output.style('red', kind)}  ${safe(output.say(text))}`),
      );
      if (told !== undefined)
        output.print(
          output.say({
            en: `${safe(told.host.name)}, collected ${dateTime(told.begun)} to ${dateTime(told.ended)} by ${safe(told.who)}: ${safe(told.why)}`,
            zh: `${safe(told.host.name)}，${dateTime(told.begun)} 至 ${dateTime(told.ended)} 由 ${safe(told.who)} 收集：${safe(told.why)}`,
          }),
          `  ${output.say({ en: 'manifest SHA-256', zh: '清单 SHA-256' })}  ${report.manifest_sha256}`,
          `  ${output.say({ en: 'signing key', zh: '签名密钥' })}  ${report.key}`,
        );
      output.print(
        output.say(
          report.faults.length === 0
            ? {
                en: `The evidence is as it was sealed: ${told?.steps.length ?? 0} steps, ${report.custody?.entries.length ?? 0} custody entries${flag(options, 'deep') ? `, ${report.members} members` : ''}.`,
                zh: `证据与封存时一致：${told?.steps.length ?? 0} 步，监管链 ${report.custody?.entries.length ?? 0} 条${flag(options, 'deep') ? `，${report.members} 个成员` : ''}。`,
              }
            : { en: `${report.faults.length} faults.`, zh: `${report.faults.length} 处异常。` },
        ),
      );
      if (report.faults.length === 0 && manifest === undefined && key === undefined)
        output.remark({
          en: 'Whether it is the evidence that was collected shows only beside what was written down then: --manifest or --signed-by',
          zh: '要确认是否为当时收集的证据，须与当时记下的内容对照：--manifest 或 --signed-by',
        });
    }
    return report.faults.length === 0 ? ExitCode.ok : ExitCode.failed;
  });
}

/** Takes the members out of a container, decrypted. */
export async function decrypt(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const file = containerOf(invocation);
  const folder = required(invocation, 'output', 'Say where to: --output FOLDER', '请用 --output 指定目录');
  return explained(async () => {
    const progress = new Progress(output);
    const report = await extractEvidence(file, {
      output: folder,
      identities: identitiesOf(invocation),
      steps: textOptions(options, 'step'),
      onProgress: (done, total) => progress.show(total === 0 ? 0 : done / total, bytes(done)),
    }).finally(() => progress.end());
    if (flag(options, 'json')) output.json(report);
    else
      output.print(
        ...report.faults.map(({ kind, text }) => `${output.style('red', kind)}  ${safe(output.say(text))}`),
        output.say({
          en: `${report.members} members, ${bytes(report.bytes)} in ${safe(report.output)}`,
          zh: `${report.members} 个成员，共 ${bytes(report.bytes)}，位于 ${safe(report.output)}`,
        }),
      );
    return report.faults.length === 0 ? ExitCode.ok : ExitCode.failed;
  });
}
