/** `redoubt boot check` and `golden`: this boot beside what is known to be good. */
import { readFileSync } from 'node:fs';
import { deliverFindings } from '../agent/deliver.ts';
import { flag, type Invocation, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { fileFailure } from '../output/new-file.ts';
import { safe } from '../output/safe.ts';
import { table } from '../output/table.ts';
import { boot, changeLines, goldenFiles, logOf, required, setting, signedText } from './input.ts';

const imaLog = '/sys/kernel/security/ima/ascii_runtime_measurements';

/** `check`: exit status 1 when something differs. */
export async function check(invocation: Invocation): Promise<number> {
  const { bootFinding, brokenLogFinding, judgeBoot, meaningOf, parseGoldenBoot, parseIma, replayIma } =
    await boot();
  const { bank, tpm } = await setting(invocation);
  const { options, output } = invocation;
  const pcrs = await tpm.pcrs(bank);
  const log = await logOf(invocation);
  const goldenPath = textOption(options, 'golden');
  const golden =
    goldenPath === undefined ? undefined : parseGoldenBoot(await signedText(invocation, goldenPath));
  if (golden !== undefined && golden.bank !== bank) {
    throw new CommandError(ExitCode.usage, {
      en: `the golden state is of bank ${golden.bank}: --bank ${golden.bank}`,
      zh: `黄金状态属于 ${golden.bank}：请用 --bank ${golden.bank}`,
    });
  }
  const { changes, broken, replayed } = judgeBoot(bank, pcrs, log, golden);
  const imaPath = textOption(options, 'ima') ?? imaLog;
  let ima: { entries: number; wrong: readonly number[]; violations: number; holds: boolean } | undefined;
  try {
    const entries = parseIma(readFileSync(imaPath, 'utf8'));
    const results = [replayIma(entries, bank), replayIma(entries, bank, true)];
    const [first] = results;
    ima = {
      entries: entries.length,
      wrong: first?.wrong ?? [],
      violations: first?.violations.length ?? 0,
      holds: results.some(one => one.value === pcrs.get(10)),
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    if (textOption(options, 'ima') !== undefined) throw fileFailure(imaPath, error);
  }
  await deliverFindings(
    [...changes.map(change => bootFinding(change)), ...(broken.length > 0 ? [brokenLogFinding(broken)] : [])],
    invocation,
  );
  const bad =
    broken.length > 0 || changes.length > 0 || (ima !== undefined && (!ima.holds || ima.wrong.length > 0));
  if (flag(options, 'json')) {
    output.json({
      bank,
      pcrs: Object.fromEntries(pcrs),
      event_log:
        log === undefined ? null : { events: log.events.length, banks: log.banks, broken_pcrs: broken },
      changes,
      ima: ima ?? null,
      good: !bad,
    });
    return bad ? ExitCode.failed : ExitCode.ok;
  }
  const headings = output.say({ en: 'PCR|LOG|MEASURES|VALUE', zh: 'PCR|日志|度量内容|值' }).split('|');
  const rows = [...pcrs]
    .filter(([pcr]) => pcr < 16)
    .map(([pcr, value]) => {
      const state = replayed?.has(pcr)
        ? broken.includes(pcr)
          ? output.say({ en: 'differs', zh: '不符' })
          : output.say({ en: 'agrees', zh: '一致' })
        : '';
      return [String(pcr), state, output.say(meaningOf(pcr)), safe(value)];
    });
  output.print(
    ...table(
      headings.map((heading, index) => (index === 3 ? { heading, elastic: true as const } : { heading })),
      rows,
      output.columns,
    ),
    ...changeLines(changes, output),
  );
  if (log === undefined)
    output.remark({
      en: 'There is no event log of the firmware here: only the values were compared.',
      zh: '此处没有固件事件日志：仅比较了数值。',
    });
  if (golden === undefined)
    output.remark({
      en: 'Nothing to compare with: make a golden state with `redoubt boot golden --output FILE`.',
      zh: '没有可比较的黄金状态：请用 `redoubt boot golden --output 文件` 制作。',
    });
  if (ima !== undefined) {
    output.print(
      output.say({
        en: `IMA: ${ima.entries} entries, ${ima.holds ? 'PCR 10 agrees' : 'PCR 10 differs'}, ${ima.wrong.length} altered, ${ima.violations} violations`,
        zh: `IMA：${ima.entries} 条，PCR 10 ${ima.holds ? '一致' : '不符'}，被改 ${ima.wrong.length} 条，违例 ${ima.violations} 条`,
      }),
    );
  }
  return bad ? ExitCode.failed : ExitCode.ok;
}

/** `golden`: this boot is good, says whoever runs it. */
export async function golden(invocation: Invocation): Promise<number> {
  const { goldenBoot } = await boot();
  const { bank, tpm } = await setting(invocation);
  const file = required(invocation, 'output');
  const { writeWhole } = await import('@redoubt/baseline');
  const { decisionFor, signFile } = await goldenFiles();
  const decision = await decisionFor(invocation, file);
  const state = goldenBoot(bank, await tpm.pcrs(bank), await logOf(invocation), decision);
  await writeWhole(file, `${JSON.stringify(state, undefined, 1)}\n`);
  const sha256 = await signFile(invocation, file);
  const [pcrs, events] = [Object.keys(state.pcrs).length, state.events.length];
  const { output } = invocation;
  if (flag(invocation.options, 'json')) output.json({ file, pcrs, events, signed: true, sha256 });
  else
    output.print(
      output.say({
        en: `${pcrs} PCRs and ${events} measurements kept in ${safe(file)}, signed`,
        zh: `${pcrs} 个 PCR 与 ${events} 条度量已保存到 ${safe(file)}，已签名`,
      }),
    );
  return ExitCode.ok;
}
