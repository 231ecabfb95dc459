/** `redoubt boot`: how the machine was started, beside what is known to be good. */
import { createPublicKey, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Bank, BootChange, EventLog } from '@redoubt/baseline/boot';
import { deliverFindings } from '../agent/deliver.ts';
import { goldenFileOptions } from '../baseline/golden-options.ts';
import { type Command, flag, type Invocation, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, socketOption } from '../options.ts';
import { fileFailure, writeNew } from '../output/new-file.ts';
import type { Output } from '../output/output.ts';
import { safe } from '../output/safe.ts';
import { table } from '../output/table.ts';

const boot = () => import('@redoubt/baseline/boot');
const firmwareLog = '/sys/kernel/security/tpm0/binary_bios_measurements';
const imaLog = '/sys/kernel/security/ima/ascii_runtime_measurements';

/** Runs work whose complaints about data and TPM are for the operator. */
async function explained<T>(work: () => Promise<T>): Promise<T> {
  const { BootDataError, TpmError } = await boot();
  const { refusalsAsFailures } = await import('../baseline/context.ts');
  try {
    return await refusalsAsFailures(work);
  } catch (error) {
    if (error instanceof TpmError) {
      throw new CommandError(
        ExitCode.unavailable,
        { en: error.message, zh: `TPM 不可用：${error.message}` },
        { cause: error },
      );
    }
    if (error instanceof BootDataError) {
      throw new CommandError(
        ExitCode.usage,
        { en: error.message, zh: `数据有误：${error.message}` },
        { cause: error },
      );
    }
    throw error;
  }
}

function fileOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw fileFailure(path, error);
  }
}

/** The firmware's log: of `--log`, else the kernel's where there is one. */
async function logOf(invocation: Invocation): Promise<EventLog | undefined> {
  const { parseEventLog } = await boot();
  const path = textOption(invocation.options, 'log');
  if (path !== undefined) return parseEventLog(fileOf(path));
  try {
    return parseEventLog(readFileSync(firmwareLog));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
}

async function setting(invocation: Invocation) {
  const { isBank, Tpm, attestationHandle } = await boot();
  const bank = textOption(invocation.options, 'bank') ?? 'sha256';
  if (!isBank(bank)) {
    throw new CommandError(ExitCode.usage, {
      en: `--bank must be sha1, sha256, sha384 or sha512`,
      zh: '--bank 必须是 sha1、sha256、sha384 或 sha512',
    });
  }
  const handle = textOption(invocation.options, 'handle') ?? attestationHandle;
  if (!/^0x81[0-9a-f]{6}$/i.test(handle)) {
    throw new CommandError(ExitCode.usage, {
      en: '--handle must be a persistent handle such as 0x81018f00',
      zh: '--handle 必须是 0x81018f00 这样的持久句柄',
    });
  }
  return { bank: bank as Bank, handle, tpm: new Tpm(textOption(invocation.options, 'tcti')) };
}

const goldenFiles = () => import('../baseline/golden-file.ts');

/** The text of a golden state that is as it was signed. */
async function signedText(invocation: Invocation, path: string): Promise<string> {
  return (await (await goldenFiles()).readSigned(invocation, path)).toString();
}

function nonceOf(invocation: Invocation): Buffer {
  const text = textOption(invocation.options, 'nonce') ?? '';
  if (!/^(?:[0-9a-f]{2}){8,32}$/i.test(text)) {
    const fresh = randomBytes(20).toString('hex');
    throw new CommandError(ExitCode.usage, {
      en: `--nonce must be 16 to 64 hexadecimal digits that the verifier chose, such as ${fresh}`,
      zh: `--nonce 必须是由验证方选定的 16 到 64 位十六进制数，例如 ${fresh}`,
    });
  }
  return Buffer.from(text, 'hex');
}

function required(invocation: Invocation, name: string): string {
  const value = textOption(invocation.options, name);
  if (value === undefined)
    throw new CommandError(ExitCode.usage, { en: `--${name} is needed`, zh: `需要 --${name}` });
  return value;
}

function changeLines(changes: readonly BootChange[], output: Output): string[] {
  return changes.flatMap(({ pcr, what, added, removed, expected, found }) => [
    output.style(
      'red',
      output.say({ en: `PCR ${pcr} changed: ${what.en}`, zh: `PCR ${pcr} 已改变：${what.zh}` }),
    ),
    `  ${safe(expected)} → ${safe(found)}`,
    ...removed.map(one => `  - ${safe(one.type)} ${safe(one.text || one.digest)}`),
    ...added.map(one => `  + ${safe(one.type)} ${safe(one.text || one.digest)}`),
  ]);
}

async function check(invocation: Invocation): Promise<number> {
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

async function golden(invocation: Invocation): Promise<number> {
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

async function enrol(invocation: Invocation): Promise<number> {
  const { tpm, handle } = await setting(invocation);
  const { output } = invocation;
  if (flag(invocation.options, 'remove')) {
    await tpm.forget(handle);
    output.print(
      output.say({ en: `The key at ${handle} is gone from the TPM.`, zh: `TPM 中 ${handle} 的密钥已移除。` }),
    );
    return ExitCode.ok;
  }
  const file = required(invocation, 'output');
  writeNew(file, '');
  const { writeFileSync, rmSync } = await import('node:fs');
  try {
    writeFileSync(file, await tpm.enrol(flag(invocation.options, 'ecc') ? 'ecc' : 'rsa', handle));
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
  output.print(
    output.say({
      en: `Attestation key made at ${handle}; its public part is ${safe(file)}. Give it to the verifier. Undo: redoubt boot enrol --remove`,
      zh: `证明密钥位于 ${handle}；公钥为 ${safe(file)}，请交给验证方。撤销：redoubt boot enrol --remove`,
    }),
  );
  return ExitCode.ok;
}

async function quote(invocation: Invocation): Promise<number> {
  const { stablePcrs } = await boot();
  const { bank, tpm, handle } = await setting(invocation);
  const file = required(invocation, 'output');
  const nonce = nonceOf(invocation);
  const { attestation, signature } = await tpm.quote(bank, stablePcrs, nonce, handle);
  const all = await tpm.pcrs(bank);
  const path = textOption(invocation.options, 'log') ?? firmwareLog;
  let log: Buffer | undefined;
  try {
    log = readFileSync(path);
  } catch (error) {
    if (textOption(invocation.options, 'log') !== undefined) throw fileFailure(path, error);
  }
  const bundle = {
    format: 'redoubt-quote-1',
    attestation: attestation.toString('base64'),
    signature: signature.toString('base64'),
    bank,
    pcrs: Object.fromEntries(stablePcrs.map(pcr => [String(pcr), all.get(pcr) ?? ''])),
    ...(log && { event_log: log.toString('base64') }),
  };
  writeNew(file, `${JSON.stringify(bundle, undefined, 1)}\n`);
  invocation.output.print(safe(file));
  return ExitCode.ok;
}

const faults = {
  signature: { en: 'it was not signed by this key', zh: '签名不属于此密钥' },
  nonce: { en: 'it answers another nonce', zh: '对应的是另一个随机数' },
  digest: { en: 'the PCR values are not those that were signed', zh: 'PCR 值与签名内容不符' },
  selection: { en: 'it speaks of other PCRs than it shows', zh: '所签 PCR 与所示 PCR 不同' },
  clock: { en: 'the clock of the TPM may have gone back', zh: 'TPM 时钟可能回退' },
  log: { en: 'the event log does not lead to the PCR values', zh: '事件日志与 PCR 值不符' },
} as const;

async function verify(invocation: Invocation, path: string): Promise<number> {
  const { compareBoot, parseBundle, parseEventLog, parseGoldenBoot, replay, verifyQuote } = await boot();
  const { output, options } = invocation;
  const keyPath = required(invocation, 'key');
  let key: ReturnType<typeof createPublicKey>;
  try {
    key = createPublicKey(fileOf(keyPath));
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(ExitCode.usage, {
      en: `${keyPath} holds no public key (PEM)`,
      zh: `${keyPath} 不是 PEM 公钥`,
    });
  }
  const bundle = parseBundle(fileOf(path).toString());
  const { faults: found, attestation } = verifyQuote(bundle, key, nonceOf(invocation));
  const told: (keyof typeof faults)[] = [...found];
  const log =
    bundle.event_log === undefined ? undefined : parseEventLog(Buffer.from(bundle.event_log, 'base64'));
  if (
    log !== undefined &&
    [...replay(log, bundle.bank)].some(([pcr, value]) => (bundle.pcrs[pcr] ?? value) !== value)
  )
    told.push('log');
  const goldenPath = textOption(options, 'golden');
  const pcrs = new Map(Object.entries(bundle.pcrs).map(([pcr, value]) => [Number(pcr), value]));
  const changes =
    goldenPath === undefined
      ? []
      : compareBoot(parseGoldenBoot(await signedText(invocation, goldenPath)), pcrs, log);
  const good = told.length === 0 && changes.length === 0;
  if (flag(options, 'json'))
    output.json({
      good,
      faults: told,
      changes,
      reset_count: attestation.resetCount,
      restart_count: attestation.restartCount,
    });
  else {
    output.print(
      ...told.map(one => output.style('red', output.say(faults[one]))),
      ...changeLines(changes, output),
    );
    if (good) output.print(output.say({ en: 'The quote holds.', zh: '引用（quote）有效。' }));
  }
  return good ? ExitCode.ok : ExitCode.failed;
}

async function run(invocation: Invocation): Promise<number> {
  const [action, subject, ...more] = invocation.arguments;
  const alone = subject === undefined;
  if (action === 'check' && alone) return explained(() => check(invocation));
  if (action === 'golden' && alone) return explained(() => golden(invocation));
  if (action === 'enrol' && alone) return explained(() => enrol(invocation));
  if (action === 'quote' && alone) return explained(() => quote(invocation));
  if (action === 'verify' && subject !== undefined && more.length === 0)
    return explained(() => verify(invocation, subject));
  throw new CommandError(ExitCode.usage, {
    en: 'Say `boot check`, `boot golden`, `boot enrol`, `boot quote` or `boot verify FILE`',
    zh: '用法：`boot check`、`boot golden`、`boot enrol`、`boot quote` 或 `boot verify 文件`',
  });
}

const text = (value: string, en: string, zh: string) => ({
  type: 'string' as const,
  value,
  help: { en, zh },
});

export const bootCommand: Command = {
  name: 'boot',
  summary: { en: 'measured boot: TPM, event log, IMA', zh: '度量启动：TPM、事件日志、IMA' },
  usage: [
    'boot check [--golden FILE] [--log FILE] [--ima FILE] [--json]',
    'boot golden --output FILE [--replace --why TEXT] [--key FILE] [--json]',
    'boot enrol --output AK.pem [--ecc] | boot enrol --remove',
    'boot quote --nonce HEX --output FILE',
    'boot verify FILE --key AK.pem --nonce HEX [--golden FILE] [--json]',
  ],
  details: {
    en: 'Takes tpm2-tools and a TPM 2.0. The log of the firmware is replayed against the PCRs; a change against the golden\nstate is told with the measurement that made it. Exits with 1 when something differs.',
    zh: '需要 tpm2-tools 和 TPM 2.0。固件日志会与 PCR 对照重放；与黄金状态不同时会指出是哪条度量造成的。\n有差异时以 1 退出。',
  },
  options: {
    golden: text('FILE', 'golden state to compare with', '用于比较的黄金状态'),
    log: text('FILE', `event log (default: ${firmwareLog})`, `事件日志（默认 ${firmwareLog}）`),
    ima: text('FILE', 'IMA log in text form', '文本形式的 IMA 日志'),
    bank: text('NAME', 'PCR bank (default: sha256)', 'PCR 库（默认 sha256）'),
    tcti: text(
      'TCTI',
      'how the TPM is reached (default: tpm2-tools’ own)',
      'TPM 的访问方式（默认由 tpm2-tools 决定）',
    ),
    handle: text('HANDLE', 'where the attestation key is kept', '证明密钥所在句柄'),
    ecc: { type: 'boolean', help: { en: 'an elliptic-curve key', zh: '使用椭圆曲线密钥' } },
    remove: { type: 'boolean', help: { en: 'take the key out of the TPM again', zh: '从 TPM 移除密钥' } },
    nonce: text('HEX', 'number that the verifier chose', '验证方选定的随机数'),
    ...goldenFileOptions,
    key: text(
      'FILE',
      'verify: public attestation key, PEM; golden: key that signs',
      'verify：证明公钥（PEM）；golden：签名密钥',
    ),
    output: { type: 'string', short: 'o', value: 'FILE', help: { en: 'file to write', zh: '要写入的文件' } },
    ...socketOption,
    ...commonOptions,
  },
  examples: [
    { line: 'boot golden --output boot.json', text: { en: 'this boot is good', zh: '将本次启动记为正常' } },
    { line: 'boot check --golden boot.json', text: { en: 'is this boot the same?', zh: '本次启动是否一致' } },
  ],
  run,
};
