/** `redoubt boot enrol`, `quote` and `verify`: a boot proven to another machine. */
import { createPublicKey, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { flag, type Invocation, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { fileFailure, writeNew } from '../output/new-file.ts';
import { safe } from '../output/safe.ts';
import { boot, changeLines, fileOf, firmwareLog, required, setting, signedText } from './input.ts';

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

/** `enrol`: makes an attestation key in the TPM; `enrol --remove` takes it out again. */
export async function enrol(invocation: Invocation): Promise<number> {
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

/** `quote`: the PCRs signed by the TPM, for the nonce of a verifier. */
export async function quote(invocation: Invocation): Promise<number> {
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

/** `verify FILE`: whether a quote holds, and whether its boot is golden. */
export async function verify(invocation: Invocation, path: string): Promise<number> {
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
