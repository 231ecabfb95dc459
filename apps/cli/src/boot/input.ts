/** What every form of `redoubt boot` reads, and how what it finds is shown. */
import { readFileSync } from 'node:fs';
import type { Bank, BootChange, EventLog } from '@redoubt/baseline/boot';
import { type Invocation, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { fileFailure } from '../output/new-file.ts';
import type { Output } from '../output/output.ts';
import { safe } from '../output/safe.ts';

export const boot = () => import('@redoubt/baseline/boot');
export const goldenFiles = () => import('../baseline/golden-file.ts');
export const firmwareLog = '/sys/kernel/security/tpm0/binary_bios_measurements';

/** Runs work whose complaints about data and TPM are for the operator. */
export async function explained<T>(work: () => Promise<T>): Promise<T> {
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

/** A file that the command line names. @throws CommandError when it cannot be read */
export function fileOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw fileFailure(path, error);
  }
}

/** The firmware's log: of `--log`, else the kernel's where there is one. */
export async function logOf(invocation: Invocation): Promise<EventLog | undefined> {
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

/** The PCR bank, the handle of the attestation key, and the TPM. */
export async function setting(invocation: Invocation) {
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

/** The text of a golden state that is as it was signed. */
export async function signedText(invocation: Invocation, path: string): Promise<string> {
  return (await (await goldenFiles()).readSigned(invocation, path)).toString();
}

/** An option that must be there. @throws CommandError */
export function required(invocation: Invocation, name: string): string {
  const value = textOption(invocation.options, name);
  if (value === undefined)
    throw new CommandError(ExitCode.usage, { en: `--${name} is needed`, zh: `需要 --${name}` });
  return value;
}

/** PCRs that changed, with the measurements that did it. */
export function changeLines(changes: readonly BootChange[], output: Output): string[] {
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
