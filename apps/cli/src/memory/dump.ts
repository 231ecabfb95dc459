/** `redoubt memory dump`. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { flag, type Invocation, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { fileFailure, writeNew } from '../output/new-file.ts';
import { Progress } from '../output/progress.ts';
import { safe } from '../output/safe.ts';
import { bytes } from '../output/values.ts';

function regionOf(invocation: Invocation): number | undefined {
  const text = textOption(invocation.options, 'region');
  if (text === undefined) return undefined;
  const address = Number(/^[0-9a-f]+$/i.test(text) && !/^\d+$/.test(text) ? `0x${text}` : text);
  if (!Number.isSafeInteger(address) || address < 0) {
    throw new CommandError(ExitCode.usage, {
      en: `--region must be an address such as 0x7f0000001000, not "${text}"`,
      zh: `--region 必须是 0x7f0000001000 这样的地址，而不是“${text}”`,
    });
  }
  return address;
}

/** Writes a core file, and beside it what it is: FILE.json. */
export async function dumpMemory(invocation: Invocation, pid: number): Promise<number> {
  const { options, output } = invocation;
  const named = textOption(options, 'output');
  if (named === undefined) {
    throw new CommandError(ExitCode.usage, {
      en: 'Say where to: --output FILE',
      zh: '请用 --output 指定文件',
    });
  }
  const file = resolve(named);
  for (const one of [file, `${file}.json`]) if (existsSync(one)) throw fileFailure(one, { code: 'EEXIST' });
  const region = regionOf(invocation);
  const { DumpError, dumpProcess, ProcessGone } = await import('@redoubt/baseline/memory');
  const progress = new Progress(output);
  try {
    const report = await dumpProcess(pid, file, {
      ...(region !== undefined && { region }),
      onProgress: (done, total) => progress.show(done / total, bytes(done)),
    });
    progress.end();
    writeNew(`${file}.json`, `${JSON.stringify(report, undefined, 1)}\n`);
    if (flag(options, 'json')) output.json(report);
    else {
      output.print(
        `${safe(file)}  ${bytes(report.bytes)}`,
        `SHA-256 ${report.sha256}`,
        output.say({
          en: `${report.regions} regions of ${safe(report.program)}; what it is stands in ${safe(`${file}.json`)}`,
          zh: `${safe(report.program)} 的 ${report.regions} 个区域；说明见 ${safe(`${file}.json`)}`,
        }),
      );
    }
    return ExitCode.ok;
  } catch (error) {
    progress.end();
    if (error instanceof DumpError || error instanceof ProcessGone) {
      throw new CommandError(
        ExitCode.unavailable,
        { en: error.message, zh: `无法转储：${error.message}` },
        { cause: error },
      );
    }
    if (error instanceof Error && 'code' in error) throw fileFailure(file, error);
    throw error;
  }
}
