/** Refusals of updates as errors of the command line. */
import { UpdateRefused } from '@redoubt/act/update';
import { CommandError, ExitCode } from '../exit.ts';

/** Does some work; a refusal becomes an error with status 1 in both languages, an unreachable source one with 3. */
export async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UpdateRefused)) throw error;
    const { code, text } = error;
    const status = code === 'unreachable' ? ExitCode.unavailable : ExitCode.failed;
    throw new CommandError(status, { en: `Refused: ${text.en}`, zh: `已拒绝：${text.zh}` }, { cause: error });
  }
}
